"""The scalability plan's own load test, run by Artillery against a market on this machine, with its criteria."""
