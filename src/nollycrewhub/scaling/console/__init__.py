"""The operators' pages of scaling: how things are now, what happened lately, and where the traffic comes from."""
