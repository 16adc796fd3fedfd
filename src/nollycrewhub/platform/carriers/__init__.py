"""The ways out of the house: mail, SMS, WhatsApp, web push and the operators' webhook, each a port with a live adapter and one for a laptop.

A carrier takes one message to one address and says what became of it. It raises Away when the provider took nothing and
may take it later, and Unsure when nobody can know whether it was taken. Each has its own bulkhead and breaker, so that
one provider's bad hour is nobody else's.
"""

from nollycrewhub.platform.carriers.choosing import Carriers
from nollycrewhub.platform.carriers.parcels import Away, Mail, Receipt, Sms, Subscription, Unsure, WindowClosed
from nollycrewhub.platform.carriers.push import PushMessage
from nollycrewhub.platform.carriers.webhook import Hook
from nollycrewhub.platform.carriers.whatsapp import Chat

__all__ = ["Away", "Carriers", "Chat", "Hook", "Mail", "PushMessage", "Receipt", "Sms", "Subscription", "Unsure", "WindowClosed"]
