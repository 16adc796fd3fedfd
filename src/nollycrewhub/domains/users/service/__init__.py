"""Use cases of people: one public function per verb, one transaction each."""

from nollycrewhub.domains.users.service.accounts import (
    confirm,
    confirm_password,
    end_device,
    end_everywhere,
    make_operator,
    register,
    resend,
    reset,
    send_reset,
    sign_in,
)
from nollycrewhub.domains.users.service.directory import directory, person_page, sitemap_handles
from nollycrewhub.domains.users.service.privacy import erase, erase_own_rows, export, export_own_rows
from nollycrewhub.domains.users.service.profiles import own_profile, photo, save_photo, save_profile

__all__ = [
    "confirm",
    "confirm_password",
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
    "send_reset",
    "sign_in",
    "sitemap_handles",
]
