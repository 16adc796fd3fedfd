"""Payloads and page props of notices."""

from datetime import datetime
from uuid import UUID

import msgspec


class NoticeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A notice as a person sees it."""

    id: UUID
    kind: str
    subject: str
    body: str
    link: str
    created_at: datetime
    read_at: datetime | None


class NoticeList(msgspec.Struct, kw_only=True):
    """GET /api/notifications."""

    notices: list[NoticeRow]
    unread: int
    next: str | None = None


class NoticesPage(msgspec.Struct, kw_only=True):
    """Props of /me/notices."""

    notices: list[NoticeRow]
    unread: int
    next: str | None = None
