"""The calendar that operators keep: its table, its page, its history; and the one way in which everybody else reads it."""

from nollycrewhub.scaling.calendar.reading import BY_ITSELF, Calendar, read_calendar

__all__ = ["BY_ITSELF", "Calendar", "read_calendar"]
