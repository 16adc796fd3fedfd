"""Sample people and jobs: invented, the same for the same seed, loaded once."""

from nollycrewhub.cli.seeding.loading import run

__all__ = ["run"]
