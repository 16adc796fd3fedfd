"""Backups on a server of their own: taken, checked, kept, thrown away, and restored to a moment."""
