"""The pure decisions of the job market: states, pay, search, spelling and posts that ask talent for money."""
