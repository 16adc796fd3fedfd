"""PostgreSQL, its replica and Valkey from wheels, on this machine only; never part of production."""
