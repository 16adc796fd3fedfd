"""Capacity: formulas, arrivals, the simulation and the page made of them."""
