"""What scaling decides: state in, decision out, without a clock and without I/O."""
