"""Use cases of conversations: one public function per verb, one transaction each."""

from nollycrewhub.domains.messages.service.files import TOO_LARGE, file, person_files, send_files, upload
from nollycrewhub.domains.messages.service.governing import hand_over, put_out, rename
from nollycrewhub.domains.messages.service.opening import add_people, find, open_conversation
from nollycrewhub.domains.messages.service.reading import (
    LEFT,
    PAGE,
    blocking_among,
    cards_of,
    conversation,
    erase_person,
    export_person,
    inbox,
    known_among,
    messages,
    one_message,
    search,
    sync,
    unread,
)
from nollycrewhub.domains.messages.service.renewing import for_page, is_new, read_by_all
from nollycrewhub.domains.messages.service.rooms import follow_project
from nollycrewhub.domains.messages.service.sitting import block, blocks, decide, report, reports, turn, unblock
from nollycrewhub.domains.messages.service.talking import choose, chosen, delete, edit, mark_read, send
from nollycrewhub.domains.messages.service.trusting import Desk

__all__ = [
    "LEFT", "PAGE", "TOO_LARGE", "Desk", "add_people", "block", "blocking_among", "blocks", "cards_of", "choose", "chosen", "conversation", "decide", "delete", "edit",
    "erase_person", "export_person", "file", "find", "follow_project", "for_page", "hand_over", "inbox", "is_new", "known_among", "mark_read", "messages", "one_message", "open_conversation", "person_files", "put_out",
    "read_by_all", "rename", "report",
    "reports", "search", "send", "send_files", "sync", "turn", "unblock", "unread", "upload",
]  # fmt: skip
