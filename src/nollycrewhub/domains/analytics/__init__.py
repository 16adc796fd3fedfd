"""The analytics domain: its place is kept, nothing is in it yet."""
