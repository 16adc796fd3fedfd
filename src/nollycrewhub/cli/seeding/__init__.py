"""Sample people and jobs: invented, the same for the same seed, loaded once."""

from nollycrewhub.cli.seeding.loading import is_loaded, run

__all__ = ["is_loaded", "run"]
