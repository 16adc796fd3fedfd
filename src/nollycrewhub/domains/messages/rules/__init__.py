"""Pure decisions about conversations: who may do what, how much, and what a link really is."""
