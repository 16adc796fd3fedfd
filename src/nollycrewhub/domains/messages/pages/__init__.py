"""/me/messages and /ops/reports: parse, call one service function, render."""

from nollycrewhub.domains.messages.pages.group import GROUP_PAGES
from nollycrewhub.domains.messages.pages.inbox import INBOX_PAGES
from nollycrewhub.domains.messages.pages.ops import OPS_PAGES
from nollycrewhub.domains.messages.pages.talk import TALK_PAGES

PAGES = (*INBOX_PAGES, *TALK_PAGES, *GROUP_PAGES, *OPS_PAGES)
