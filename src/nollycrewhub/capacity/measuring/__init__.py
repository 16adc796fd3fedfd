"""Measures a running `make up` on this machine: closed loops at several levels, processor time, statements, rows, memory."""
