"""Checks over the whole tree that no library makes: each is a function of a folder, so a test can plant a fault."""
