"""All scenarios by name."""

from nollycrewhub.loadtest.scenario import Recipe
from nollycrewhub.loadtest.scenarios import audition, flash, mix, plan, rush, scaled, soak, thousand

RECIPES: dict[str, Recipe] = {one.RECIPE.name: one.RECIPE for one in (plan, mix, flash, scaled, audition, rush, soak, thousand)}
