"""The analytics domain: how much happened each day, and nothing about whom."""
