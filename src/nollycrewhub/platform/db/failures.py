"""Which failure is the server's and which the value's: the drivers' many classes become three questions, for all who ask."""

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout

AWAY = (PoolTimeout, InterfaceError, asyncpg.InterfaceError, OSError, TimeoutError)
HEALING = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.DiskFullError,
    asyncpg.TransactionRollbackError,  # a deadlock or a serialization failure: the same again will pass
    ConnectionError,
)
UNCERTAIN = (DBAPIError, PoolTimeout, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""What a commit may raise when nobody can say whether it happened."""


def is_away(error: Exception) -> bool:
    """Whether the failure is a server that does not answer, rather than a mistake of ours."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or isinstance(getattr(error.orig, "__cause__", None), HEALING)
    return isinstance(error, (*AWAY, *HEALING))


def is_unreadable(error: Exception) -> bool:
    """Whether a value was refused by the database as no value of its type: too large a number, a NUL in a text."""
    cause = getattr(error.orig, "__cause__", None) if isinstance(error, DBAPIError) else error
    return isinstance(cause, asyncpg.DataError)
