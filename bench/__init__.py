"""Benchmarks, each beside its limit and in the same run, so that a figure says how near we are to what is possible."""
