"""The pages no domain owns: home, offline, robots."""
