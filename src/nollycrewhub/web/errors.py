"""Failures as pages: what happened, and what one can do now."""

import msgspec

from nollycrewhub.kit.told import told
from nollycrewhub.platform.errors import Problem
from nollycrewhub.web.page import render

START = told("Back to the start")
NEXT_STEPS = {
    401: (told("Sign in"), "/signin"),
    403: (START, "/"),
    404: (told("Find a job"), "/jobs"),
    429: (START, "/"),
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
    step, href = NEXT_STEPS.get(problem.status, (START, "/"))
    if problem.type == "confirmation-needed":
        step, href = told("Type it now"), "/me/confirm-password?next=/ops"
    props = ErrorPage(problem.status, problem.title, problem.detail, request_id, step, href)
    return render("errors/error.html", props, page_title=problem.title, robots="noindex")
