"""What carries a decision out, each behind one port: processes of this machine, or somebody's platform."""
