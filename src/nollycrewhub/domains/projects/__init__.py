"""The projects domain: its place is kept, nothing is in it yet."""
