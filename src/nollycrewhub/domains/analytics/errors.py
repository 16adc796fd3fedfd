"""What can be refused in analytics.

Invalid: BadPeriod
"""

from nollycrewhub.platform.errors import Invalid


class BadPeriod(Invalid):
    """Days that are the wrong way round, or too many of them."""

    type = "bad-period"
    title = "That period cannot be shown"
