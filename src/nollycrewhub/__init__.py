"""nollycrewhub: see README.md and MAP.md."""
