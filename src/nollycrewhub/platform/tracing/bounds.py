"""How many spans may wait, how many go at once, how often, and for how long one tries: for us, and for the collector that takes them in."""

MOST_WAITING, MOST_AT_ONCE, EVERY_MS, PATIENCE = 2048, 512, 1000, 5
