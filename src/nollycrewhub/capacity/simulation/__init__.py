"""Nollywood's arrivals against a fleet that the controller's own decision code scales, in simulated time."""
