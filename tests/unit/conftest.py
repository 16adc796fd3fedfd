"""Pure decisions need no server. The quick profile is for the run that only measures coverage."""

from hypothesis import settings

settings.register_profile("quick", max_examples=25, derandomize=True)
