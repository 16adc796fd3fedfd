"""What a load test needs around it: a market of its own, and a way to ask the servers of one that runs."""
