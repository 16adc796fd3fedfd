"""The HTML pages of people: parse, call one service function, render. All of them work without JavaScript."""

from nollycrewhub.domains.users.pages.account import PAGES as ACCOUNT_PAGES
from nollycrewhub.domains.users.pages.entrance import PAGES as ENTRANCE_PAGES
from nollycrewhub.domains.users.pages.google import PAGES as GOOGLE_PAGES
from nollycrewhub.domains.users.pages.keys import PAGES as KEYS_PAGES
from nollycrewhub.domains.users.pages.ops import PAGES as OPS_PAGES
from nollycrewhub.domains.users.pages.profile import PAGES as PROFILE_PAGES
from nollycrewhub.domains.users.pages.talent import PAGES as TALENT_PAGES

PAGES = (*ENTRANCE_PAGES, *GOOGLE_PAGES, *ACCOUNT_PAGES, *PROFILE_PAGES, *KEYS_PAGES, *OPS_PAGES, *TALENT_PAGES)
