"""Country to region, as the plan has it, with ISO's GB beside the everyday UK."""

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


def region_of(country: str | None) -> str:
    """The region that serves a country; unknown, XX and T1 (Tor) are served from home."""
    return REGIONS.get((country or "").upper(), HOME)
