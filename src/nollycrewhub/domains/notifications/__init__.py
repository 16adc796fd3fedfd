"""Notices: what people are told, and how."""
