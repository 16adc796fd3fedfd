"""The catalogues as files: collecting sentences from the source, bringing the languages up to date, judging and building them.

For `make texts`, `make setup` and the tests; no web process loads it.
"""
