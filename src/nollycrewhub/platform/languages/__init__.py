"""The languages of the site: which are known and offered, how a request's is found, and their catalogues in memory.

How sentences are marked, collected, translated and reviewed is in docs/mechanisms/languages.md.
"""

from nollycrewhub.platform.languages.choosing import COOKIE, Chooser
from nollycrewhub.platform.languages.known import LANGUAGES, Language, NotBuilt, catalogue_for, is_english_only, offered

__all__ = ["COOKIE", "LANGUAGES", "Chooser", "Language", "NotBuilt", "catalogue_for", "is_english_only", "offered"]
