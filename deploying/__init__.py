"""How the site is deployed, held to the program: makes the files of `deploy/` that can be made, and checks all of them.

`python -m deploying` writes; `python -m checks deploy`, a part of `make check`, says what differs or cannot be right.
"""
