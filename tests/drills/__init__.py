"""Drills: something real is broken on purpose, what happens is measured, and it must come back by itself. `make drill` runs them."""
