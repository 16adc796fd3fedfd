"""PostgreSQL: two session types, three roles, one place that commits.

WriteSession is the ORM on the primary, in one transaction that platform commits at the edge.
ReadSession is SQL text on an asyncpg pool, autocommit, on a replica that has reached the reader's
position mark or else on the primary, always as the read-only role.
"""

from nollycrewhub.platform.db.database import Database
from nollycrewhub.platform.db.leading import Leadership, LeadLost
from nollycrewhub.platform.db.position import UNKNOWN_LSN, Position, furthest, parse_position
from nollycrewhub.platform.db.reading import Query, ReadSession
from nollycrewhub.platform.db.server import ServerState
from nollycrewhub.platform.db.steady import Pin, SteadyReads, parse_pin
from nollycrewhub.platform.db.writing import Base, WriteSession

__all__ = [
    "UNKNOWN_LSN",
    "Base",
    "Database",
    "LeadLost",
    "Leadership",
    "Pin",
    "Position",
    "Query",
    "ReadSession",
    "ServerState",
    "SteadyReads",
    "WriteSession",
    "furthest",
    "parse_pin",
    "parse_position",
]
