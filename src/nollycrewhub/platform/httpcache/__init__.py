"""What is the same for everyone, answered from memory: process, then Valkey, then one refill for the whole fleet.

A route says so in one line (`cached=shared(…)`). An entry carries the position of the log it was read at; it is
good while no write of one of its tags has a later one. So invalidation is one small write, a fill from a lagging
replica can never be kept, and a person's own mark decides what that person may be shown (docs/decisions/0008).
"""

from nollycrewhub.platform.httpcache.declared import Shared, shared
from nollycrewhub.platform.httpcache.front import PublicCache
from nollycrewhub.platform.httpcache.touching import touch

__all__ = ["PublicCache", "Shared", "shared", "touch"]
