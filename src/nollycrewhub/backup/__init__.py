"""Base backups and a continuous log in object storage, and the way back to any moment between; no domain knows of it."""
