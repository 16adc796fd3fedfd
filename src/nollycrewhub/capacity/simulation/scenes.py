"""The scenes that policies are compared in: a hundred thousand people, as the plan counts them, on rented instances.

Dates are fixed, so a run today is the run of last year. Moments are UTC; Lagos is an hour ahead.
"""

from datetime import UTC, date, datetime

import msgspec

from nollycrewhub.capacity.simulation.arrivals import Load
from nollycrewhub.capacity.simulation.scene import Demand, Plant, Scene
from nollycrewhub.scaling.rules.calendar import BUILT_IN, Span

HOUR = 3600.0
EVENING = 1000.0  # requests a second: the plan's peak scenario
CORE = 0.5  # a rented processor beside a measured core; the report's assumption of the same name
PLANT = Plant(speed=CORE, most_web=24, most_workers=40, connections=900, database_speed=8.0)
PREMIERE = date(2026, 3, 3)
TUESDAY_NIGHT = Load(begins=datetime(2026, 3, 3, 18, tzinfo=UTC), seconds=2 * HOUR, evening=EVENING)
ENTRY = Span(name="Premiere", first=PREMIERE, last=PREMIERE, factor=10.0)


def scenes(demand: Demand, plant: Plant = PLANT) -> list[Scene]:
    """All of them, for what a request asks."""
    flash = msgspec.structs.replace(TUESDAY_NIGHT, flash=1800.0)
    loads = {
        "an ordinary day": Load(begins=datetime(2026, 3, 3, 5, tzinfo=UTC), seconds=19 * HOUR, evening=EVENING, auditions=1.0),
        "audition day": Load(
            begins=datetime(2026, 3, 9, 7, tzinfo=UTC), seconds=12 * HOUR, evening=EVENING, auditions=6.0, audition_times=1.0
        ),
        "flash crowd, unannounced": flash,
        "flash crowd, in the calendar": flash,
        "New Year's Eve": Load(begins=datetime(2026, 12, 31, 17, tzinfo=UTC), seconds=12 * HOUR, evening=EVENING, auditions=1.0),
        "deaths and cold caches": Load(begins=datetime(2026, 3, 3, 16, tzinfo=UTC), seconds=4 * HOUR, evening=EVENING, auditions=2.0),
    }  # fmt: skip
    found = [Scene(name=name, load=load, demand=demand, plant=plant) for name, load in loads.items()]
    return [_with_its_trouble(scene) for scene in found]


def _with_its_trouble(scene: Scene) -> Scene:
    if scene.name == "flash crowd, in the calendar":
        return msgspec.structs.replace(scene, calendar=(*BUILT_IN, ENTRY))
    if scene.name == "deaths and cold caches":
        return msgspec.structs.replace(scene, deaths=6.0, caches_lost=(HOUR, 3 * HOUR))
    return scene


def small_flash(demand: Demand) -> Scene:
    """A flash crowd at a twentieth of the rate on processors a tenth as quick: few enough requests to play each of them."""
    plant = msgspec.structs.replace(PLANT, speed=CORE / 10, in_flight=25, database_speed=PLANT.database_speed / 10)
    load = Load(begins=datetime(2026, 3, 3, 18, tzinfo=UTC), seconds=1200.0, evening=EVENING / 20, flash=300.0, flash_fade=300.0)
    return Scene(name="small flash", load=load, demand=demand, plant=plant)
