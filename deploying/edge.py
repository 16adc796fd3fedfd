"""What Cloudflare is told, as calls of its API: cache rules, header transforms, and steering by country.

Who is let through past the cache is the edge simulator's own list, which the tests walk (`devstack.cdn`); which country
goes where is `platform.regions`. Nothing here was ever sent to Cloudflare.
"""

from deploying.reading import Texts, against, only
from nollycrewhub.devstack.cdn import COOKIES, HEADERS
from nollycrewhub.platform.languages import LANGUAGES
from nollycrewhub.platform.regions import HOME, NEAREST, REGIONS

FOLDER = "deploy/cloudflare"
SITE = "nollycrewhub.example"
HEALTH = "/readyz"
NO_COUNTRY = frozenset({"UK"})  # the everyday name; ISO and Cloudflare say GB
# Cloudflare's thirteen parts of the world, by the region that is nearest by the cables.
PARTS = {
    "africa": ("NAF", "SAF"),
    "europe": ("WEU", "EEU", "ME", "SAS", "SEAS", "NEAS"),
    "north-america": ("WNAM", "ENAM", "NSAM", "SSAM", "OC"),
}
MADE_UP = ("forwarded", "x-real-ip", "true-client-ip")  # a visitor's own claims of where they come from


def somebody() -> str:
    """Requests whose answer may be somebody's own, or in another language than the kept one."""
    cookies = [f'http.cookie contains "{cookie}"' for cookie in COOKIES]
    headers = [f'any(http.request.headers.names[*] == "{name}")' for name in sorted(HEADERS)]
    languages = [
        f'any(http.request.headers["accept-language"][*] contains "{code}")' for code in LANGUAGES if code != "en"
    ]  # fmt: skip
    return " or ".join(f"({one})" for one in [*cookies, *headers, *languages])


def cache_rules() -> dict[str, object]:
    """All matching rules count and the later ones win: first everything may be kept, then somebody's is let through."""
    own = {"mode": "respect_origin"}
    return call("PUT", "/zones/{zone}/rulesets/phases/http_request_cache_settings/entrypoint", {"rules": [
        rule(
            "Keep what the origin lets an edge keep (CDN-Cache-Control), and nothing else",
            '(http.request.method in {"GET" "HEAD"})', "set_cache_settings",
            {"cache": True, "edge_ttl": {"mode": "bypass_by_default"}, "browser_ttl": own},
        ),
        rule("Let through whoever may get an answer of their own", somebody(), "set_cache_settings", {"cache": False}),
    ]})  # fmt: skip


def request_headers() -> dict[str, object]:
    """The origin hears of a visitor's address from Cloudflare alone."""
    gone = {name: {"operation": "remove"} for name in MADE_UP}
    return call("PUT", "/zones/{zone}/rulesets/phases/http_request_late_transform/entrypoint", {"rules": [
        rule("Forget what visitors claim of their address", "true", "rewrite", {"headers": gone}),
    ]})  # fmt: skip


def rule(description: str, expression: str, action: str, parameters: dict[str, object]) -> dict[str, object]:
    """One rule of a phase."""
    return {"description": description, "expression": expression, "action": action, "action_parameters": parameters, "enabled": True}


def managed_headers() -> dict[str, object]:
    """CF-IPCountry and its like, which regions are told by."""
    wanted = [{"id": "add_visitor_location_headers", "enabled": True}]
    return call("PATCH", "/zones/{zone}/managed_headers", {"managed_request_headers": wanted, "managed_response_headers": []})


def monitor() -> dict[str, object]:
    """How the load balancer asks whether a region is well."""
    return call("POST", "/accounts/{account}/load_balancers/monitors", {
        "type": "https", "description": "nollycrewhub", "method": "GET", "path": HEALTH, "expected_codes": "200", "interval": 60,
        "retries": 2, "timeout": 5, "follow_redirects": False, "allow_insecure": False, "header": {"Host": [SITE]},
    })  # fmt: skip


def pool(region: str) -> dict[str, object]:
    """One region's ways in."""
    return call("POST", "/accounts/{account}/load_balancers/pools", {
        "name": f"nollycrewhub-{region}", "enabled": True, "minimum_origins": 1, "monitor": "{monitor}",
        "origins": [{"name": region, "address": f"{region}.origin.{SITE}", "enabled": True, "weight": 1}],
    })  # fmt: skip


def balancer() -> dict[str, object]:
    """Each country to its region, each part of the world to the nearest, and from a region that is away to the next one."""
    near = {region: [f"{{pool-{one}}}" for one in order] for region, order in NEAREST.items()}
    return call("POST", "/zones/{zone}/load_balancers", {
        "name": SITE, "enabled": True, "proxied": True, "steering_policy": "geo", "session_affinity": "none",
        "default_pools": near[HOME], "fallback_pool": f"{{pool-{HOME}}}",
        "region_pools": {part: near[region] for region, parts in PARTS.items() for part in parts},
        "country_pools": {country: near[region] for country, region in REGIONS.items() if country not in NO_COUNTRY},
    })  # fmt: skip


def call(method: str, path: str, body: dict[str, object]) -> dict[str, object]:
    """One call of Cloudflare's API; apply.py puts ids in the place of what stands in braces."""
    return {"method": method, "path": path, "body": body}


def documents() -> dict[str, dict[str, object]]:
    """Each call by its file's name, in the order in which they are made."""
    pools = {f"21-pool-{region}": pool(region) for region in NEAREST}
    return {
        "10-cache-rules": cache_rules(), "11-request-headers": request_headers(), "12-managed-headers": managed_headers(),
        "20-monitor": monitor(), **pools, "22-load-balancer": balancer(),
    }  # fmt: skip


def faults(texts: Texts) -> list[str]:
    """The calls against the fields that Cloudflare takes, and what they name against what is there."""
    found: list[str] = []
    paths = sorted(path for path in texts if path.startswith(f"{FOLDER}/") and path.endswith(".json"))
    for path in paths:
        found += against("cloudflare.yaml", only(texts, path), path)
    if found:
        return found
    bodies = {path: only(texts, path)["body"] for path in paths}
    pools = {f"{{pool-{body['name'].removeprefix('nollycrewhub-')}}}" for body in bodies.values() if "origins" in body}
    for path, body in bodies.items():
        if "steering_policy" in body:
            named = {one for table in ("region_pools", "country_pools") for pools_of in body[table].values() for one in pools_of}
            named |= {*body["default_pools"], body["fallback_pool"]}
            found += [f"{path} names {one}, which no file makes." for one in sorted(named - pools)]
            missing = {part for parts in PARTS.values() for part in parts} - set(body["region_pools"])
            found += [f"{path} says nothing of {part}." for part in sorted(missing)]
            homeless = {country for country in REGIONS if country not in NO_COUNTRY} - set(body["country_pools"])
            found += [f"{path} says nothing of {country}." for country in sorted(homeless)]
        for one in body.get("rules", []):
            found += rule_faults(one, path)
    return found


def rule_faults(one: dict[str, object], path: str) -> list[str]:
    """A rule that lets people through names every sign of somebody."""
    if one["action_parameters"] != {"cache": False}:
        return []
    said = str(one["expression"])
    signs = [
        *(f'"{cookie}"' for cookie in COOKIES),
        *(f'"{name}"' for name in HEADERS),
        *(f'"{code}"' for code in LANGUAGES if code != "en"),
    ]
    return [f"{path} does not let through whoever has {sign}." for sign in signs if sign not in said]
