"""The `nollycrewhub` command."""
