"""Use cases of conversations: one public function per verb, one transaction each."""

from nollycrewhub.domains.messages.service.opening import add_people, find, open_conversation
from nollycrewhub.domains.messages.service.reading import (
    LEFT,
    PAGE,
    cards_of,
    conversation,
    erase_person,
    export_person,
    inbox,
    messages,
    one_message,
    search,
    sync,
    unread,
)
from nollycrewhub.domains.messages.service.sitting import block, blocks, decide, report, reports, turn, unblock
from nollycrewhub.domains.messages.service.talking import Desk, choose, chosen, delete, edit, mark_read, send

__all__ = [
    "LEFT", "PAGE", "Desk", "add_people", "block", "blocks", "cards_of", "choose", "chosen", "conversation", "decide", "delete", "edit",
    "erase_person", "export_person", "find", "inbox", "mark_read", "messages", "one_message", "open_conversation", "report", "reports",
    "search", "send", "sync", "turn", "unblock", "unread",
]  # fmt: skip
