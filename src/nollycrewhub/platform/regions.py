"""Country to region, as the plan has it, with ISO's GB beside the everyday UK; and which regions are near which."""

REGIONS = {
    "NG": "africa",
    "GH": "africa",
    "ZA": "africa",
    "KE": "africa",
    "GB": "europe",
    "UK": "europe",
    "US": "north-america",
    "CA": "north-america",
}
HOME = "africa"
UNTOLD = frozenset({"", "XX", "T1"})  # what the edge sends for nobody knows, and for Tor
# By the cables: Lagos and Johannesburg land in Lisbon and London, London's next neighbour is New York.
NEAREST = {
    "africa": ("africa", "europe", "north-america"),
    "europe": ("europe", "north-america", "africa"),
    "north-america": ("north-america", "europe", "africa"),
}
NAMES = tuple(NEAREST)


def region_of(country: str | None) -> str:
    """The region that serves a country; unknown, XX and T1 (Tor) are served from home."""
    return REGIONS.get((country or "").upper(), HOME)


def is_told(country: str | None) -> bool:
    """Whether the edge named a country at all."""
    return (country or "").upper() not in UNTOLD


def nearness(region: str, other: str) -> int:
    """How near another region is: 0 is the same one."""
    order = NEAREST.get(region, NAMES)
    return order.index(other) if other in order else len(order)


def region_named(server: str) -> str:
    """The region in a replica's name: `europe-2` is the second one of europe."""
    name, dash, number = server.rpartition("-")
    return name if dash and number.isdigit() else server
