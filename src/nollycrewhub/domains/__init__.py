"""nollycrewhub.domains: see README.md and MAP.md."""
