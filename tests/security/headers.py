"""What every answer must carry, judged by a strict reading of our own: no directive twice, no source we did not name."""

import httpx

POLICY = {
    "default-src": ("'none'",), "script-src": ("'self'",), "style-src": ("'self'",), "img-src": ("'self'", "data:"), "media-src": ("'self'",),
    "font-src": ("'self'",), "connect-src": ("'self'",), "manifest-src": ("'self'",), "worker-src": ("'self'",), "form-action": ("'self'",), "base-uri": ("'none'",),
    "frame-ancestors": ("'none'",),
}  # fmt: skip
FIXED = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
REGIONS = ("africa", "europe", "north-america")
YEAR = 365 * 24 * 3600
FALLBACK = ("script-src", "style-src", "img-src", "object-src", "frame-src", "child-src", "media-src", "worker-src", "connect-src")


class NotAPolicy(ValueError):
    """The policy cannot be read as one."""


def parse_policy(text: str) -> dict[str, tuple[str, ...]]:
    """The directives of a Content-Security-Policy; NotAPolicy for a directive given twice or without a source."""
    found: dict[str, tuple[str, ...]] = {}
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        name, *sources = part.split()
        if name in found or not sources or name != name.lower():
            raise NotAPolicy(part)
        found[name] = tuple(sources)
    return found


def policy_faults(text: str) -> list[str]:
    """What a strict reader holds against a policy: anything inline, evaluated, wild, by scheme, or without a fallback."""
    policy = parse_policy(text)
    faults = []
    for name, sources in policy.items():
        for source in sources:
            is_picture = name == "img-src" and source == "data:"
            if source not in ("'none'", "'self'") and not is_picture:
                faults.append(f"{name} allows {source}")
        if "'none'" in sources and len(sources) > 1:
            faults.append(f"{name} says none and something")
    faults += [f"{name} is not limited" for name in FALLBACK if name not in policy and policy.get("default-src") != ("'none'",)]
    faults += [f"{name} is missing" for name in ("form-action", "base-uri", "frame-ancestors") if name not in policy]
    return faults


def header_faults(answer: httpx.Response, *, secure: bool = False) -> list[str]:
    """What an answer lacks. One from memory (x-cache) has no number of its own."""
    found = []
    policies = answer.headers.get_list("content-security-policy")
    if len(policies) != 1 or parse_policy(policies[0]) != POLICY or policy_faults(policies[0]):
        found.append(f"policy {policies}")
    found += [f"{name} is {answer.headers.get(name)}" for name, value in FIXED.items() if answer.headers.get_list(name) != [value]]
    allowed = [part.strip() for part in answer.headers.get("permissions-policy", "").split(",")]
    if not {"camera=()", "microphone=()", "geolocation=()"} <= set(allowed):
        found.append("permissions-policy")
    is_numbered = len(answer.headers.get("x-request-id", "")) >= 8 or "x-cache" in answer.headers
    if not is_numbered or "cache-control" not in answer.headers:
        found.append("x-request-id or cache-control")
    if answer.headers.get("x-region") not in REGIONS:
        found.append("x-region")
    if "server" in answer.headers or "x-powered-by" in answer.headers:
        found.append("names its software")
    age, *rest = answer.headers.get("strict-transport-security", "max-age=0").removeprefix("max-age=").split("; ")
    if secure != (int(age) >= YEAR and "includeSubDomains" in rest):
        found.append("strict-transport-security")
    is_page = answer.headers.get("content-type", "").startswith("text/html")
    if is_page and ("<script>" in answer.text or " onclick=" in answer.text or " style=" in answer.text or "<style" in answer.text):
        found.append("holds something inline")
    return found
