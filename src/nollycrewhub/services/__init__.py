"""What is deployed: the whole program in one process, or one domain in each."""
