"""Use cases of people: one public function per verb, one transaction each."""

from nollycrewhub.domains.users.service.accounts import (
    CODE_SENT,
    LARGEST_PHOTO,
    SENT,
    caller_of,
    confirm,
    confirm_password,
    device_out,
    end_device,
    end_everywhere,
    make_operator,
    register,
    resend,
    reset,
    send_reset,
    sign_in,
)
from nollycrewhub.domains.users.service.directory import directory, person_page, search_of, sitemap_handles
from nollycrewhub.domains.users.service.privacy import erase, erase_own_rows, export, export_own_rows
from nollycrewhub.domains.users.service.profiles import own_profile, photo, save_photo, save_profile

__all__ = [
    "CODE_SENT",
    "LARGEST_PHOTO",
    "SENT",
    "caller_of",
    "confirm",
    "confirm_password",
    "device_out",
    "directory",
    "end_device",
    "end_everywhere",
    "erase",
    "erase_own_rows",
    "export",
    "export_own_rows",
    "make_operator",
    "own_profile",
    "person_page",
    "photo",
    "register",
    "resend",
    "reset",
    "save_photo",
    "save_profile",
    "search_of",
    "send_reset",
    "sign_in",
    "sitemap_handles",
]
