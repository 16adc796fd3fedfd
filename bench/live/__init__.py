"""Ten thousand open pages on one small machine: how soon they hear, what they cost, and what everybody else notices."""
