"""nollycrewhub.contracts: see README.md and MAP.md."""
