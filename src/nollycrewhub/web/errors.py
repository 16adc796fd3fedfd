"""Failures as pages: what happened, and what one can do now."""

import msgspec

from nollycrewhub.platform.errors import Problem
from nollycrewhub.web.page import render

NEXT_STEPS = {
    401: ("Sign in", "/signin"),
    403: ("Back to the start", "/"),
    404: ("Find a job", "/jobs"),
    429: ("Back to the start", "/"),
}


class ErrorPage(msgspec.Struct):
    """Props of the error page."""

    status: int
    title: str
    detail: str
    request_id: str
    step: str
    href: str


def error_bytes(problem: Problem, request_id: str) -> bytes:
    """The friendly page of a failure."""
    step, href = NEXT_STEPS.get(problem.status, ("Back to the start", "/"))
    if problem.type == "confirmation-needed":
        step, href = "Type it now", "/me/confirm-password?next=/ops"
    props = ErrorPage(problem.status, problem.title, problem.detail, request_id, step, href)
    return render("errors/error.html", props, page_title=problem.title, robots="noindex")
