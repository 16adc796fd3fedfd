"""Events from commit to effect: every consumer, once, in order, in time."""
