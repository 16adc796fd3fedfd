"""Use cases of people: one public function per verb, one transaction each."""

from nollycrewhub.domains.users.service.accounts import (
    CODE_SENT,
    LARGEST_PHOTO,
    SENT,
    asked_by_link,
    register,
    resend,
    secret_of,
    send_asked_code,
)
from nollycrewhub.domains.users.service.bans import ban, ban_person, look_up, make_operator, unban, unban_person, unmake_operator
from nollycrewhub.domains.users.service.confirming import confirm, confirm_by_link
from nollycrewhub.domains.users.service.directory import (
    canonical_list,
    canonical_one,
    canonical_page,
    compact_person,
    directory,
    person_page,
    pictured,
    public_person,
    search_of,
    sitemap_handles,
)
from nollycrewhub.domains.users.service.doubt import send_sign_in_code
from nollycrewhub.domains.users.service.finding import renew_next
from nollycrewhub.domains.users.service.google import arrive, link
from nollycrewhub.domains.users.service.keys import change_password, connect_google, disconnect_google
from nollycrewhub.domains.users.service.privacy import erase, erase_own_rows, export, export_own_rows
from nollycrewhub.domains.users.service.profiles import WITHDRAWN, own_profile, photo, save_photo, save_profile
from nollycrewhub.domains.users.service.recovery import reset, reset_by_link, send_reset
from nollycrewhub.domains.users.service.signin import (
    caller_of,
    confirm_password,
    device_out,
    end_device,
    end_everywhere,
    known_device,
    sign_in,
)
from nollycrewhub.domains.users.service.speaking import settle as settle_language

__all__ = [
    "CODE_SENT",
    "LARGEST_PHOTO",
    "SENT",
    "WITHDRAWN",
    "arrive",
    "asked_by_link",
    "ban",
    "ban_person",
    "caller_of",
    "canonical_list",
    "canonical_one",
    "canonical_page",
    "change_password",
    "compact_person",
    "confirm",
    "confirm_by_link",
    "confirm_password",
    "connect_google",
    "device_out",
    "directory",
    "disconnect_google",
    "end_device",
    "end_everywhere",
    "erase",
    "erase_own_rows",
    "export",
    "export_own_rows",
    "known_device",
    "link",
    "look_up",
    "make_operator",
    "own_profile",
    "person_page",
    "photo",
    "pictured",
    "public_person",
    "register",
    "renew_next",
    "resend",
    "reset",
    "reset_by_link",
    "save_photo",
    "save_profile",
    "search_of",
    "secret_of",
    "send_asked_code",
    "send_reset",
    "send_sign_in_code",
    "settle_language",
    "sign_in",
    "sitemap_handles",
    "unban",
    "unban_person",
    "unmake_operator",
]
