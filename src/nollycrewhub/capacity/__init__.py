"""The model of load: what was measured on a machine in, what a fleet needs and how policies would have done out."""
