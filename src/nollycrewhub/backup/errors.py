"""What goes wrong with backups, each a sentence that says what to do.

BackupError
├── Refused       what was asked for cannot be, and trying again will not help
│   └── Gap       the log in the store has a hole
└── Unreachable   the store or the server does not answer just now
"""


class BackupError(Exception):
    """A backup or a restore could not be made; the message is a sentence an operator can act on."""


class Refused(BackupError):
    """Trying again will not help."""


class Gap(Refused):
    """The server has let go of log that the store never got."""


class Unreachable(BackupError):
    """The store or the server does not answer; what waits is kept, and tried again."""
