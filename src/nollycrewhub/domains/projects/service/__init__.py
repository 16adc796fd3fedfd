"""Use cases of scripts and projects: one public function per verb, one transaction each."""

from nollycrewhub.domains.projects.service.people import (
    INVITATIONS_AN_HOUR,
    add_day,
    change,
    check_owner,
    drop_script,
    end,
    inside,
    invite,
    mine,
    put_out,
    remove_day,
    room,
    scenes,
    script_in,
    set_script,
    start,
    turn,
    whole,
)
from nollycrewhub.domains.projects.service.privacy import erase_person, export_person, person_files
from nollycrewhub.domains.projects.service.scripts import (
    PAGE,
    PIECE,
    QUEUE,
    SCENES,
    delete,
    listing,
    look,
    pieces_of,
    read_again,
    read_script,
    reading_cancelled,
    state_of,
    upload,
)

__all__ = [
    "INVITATIONS_AN_HOUR", "PAGE", "PIECE", "QUEUE", "SCENES", "add_day", "change", "check_owner", "delete", "drop_script", "end", "erase_person", "export_person", "inside", "invite",
    "listing", "look", "mine", "person_files", "pieces_of", "put_out", "read_again", "read_script", "reading_cancelled", "remove_day", "room", "scenes", "script_in", "set_script", "start", "state_of", "turn",
    "upload", "whole",
]  # fmt: skip
