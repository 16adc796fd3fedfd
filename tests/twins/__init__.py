"""Bad twins: the plan's own sample code, small and on purpose, to prove that our tests can see what it does wrong."""
