"""People: accounts, sign-in, profiles, the talent directory."""
