"""/api/projects: parse, call one service function, answer."""

from nollycrewhub.domains.projects.endpoints import people, scripts

ENDPOINTS = (*scripts.ENDPOINTS, *people.ENDPOINTS)
