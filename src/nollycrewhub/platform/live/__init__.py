"""Live channels: what changes reaches whoever has it on screen, once, in order, and only if it was committed.

Domains declare channels in their module, and tell with `publish` inside a transaction. docs/mechanisms/realtime.md.
"""

from nollycrewhub.platform.live.channels import Ask, Channel, Speaker, everyone, oneself, operators
from nollycrewhub.platform.live.looking import standing
from nollycrewhub.platform.live.publishing import Teller, forget, publish, revoke, set_apart

__all__ = [
    "Ask",
    "Channel",
    "Speaker",
    "Teller",
    "everyone",
    "forget",
    "oneself",
    "operators",
    "publish",
    "revoke",
    "set_apart",
    "standing",
]
