"""Listings, applications, and posts held for an operator."""
