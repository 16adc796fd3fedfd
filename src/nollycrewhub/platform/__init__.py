"""nollycrewhub.platform: see README.md and MAP.md."""
