"""Every page, phone and desk, light and dark: what axe says, how wide it is, how large its targets are, what it refuses."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from nollycrewhub.devstack.stack import Stack
from tests.conftest import FULL
from tests.journeys.conftest import JOB
from tests.scaling.past import HOUR
from tests.security.table import TABLE
from tests.web.browser.conftest import DATABASE, DESK, PHONE, SAMPLE_PASSWORD, Site, Visitor, join
from tests.web.browser.test_budgets import PAGES

BY_PERSON = {
    "nobody": (*PAGES, "/dev/gallery", "/dev/mail", "/jobs?q=zzzzqq", "/jobs?pay_from=1000&since=2026-01-01", "/reset/confirm"),
    "talent": (
        "/me",
        "/me/profile",
        "/me/applications",
        "/me/notices",
        "/me/notices/sent",
        "/me/notices/settings",
        "/me/searches?q=gaffer",
        "/me/devices",
        "/me/account",
        "/me/privacy",
        "/jobs/12345/apply",
        "/jobs/7/apply",
        "/jobs/12345/report",
    ),
    "producer": ("/me/jobs", "/me/jobs/new", "/me/jobs/12345", "/me/jobs/12345/edit"),
    "operator": ("/me/confirm-password?next=/ops",),
}
OPS = (
    "/ops", "/ops/posts", "/ops/reports", "/ops/ring", "/ops/people?q=ada-asks@example.test", "/ops/analytics", "/ops/servers",
    "/ops/queues", "/ops/sending", "/ops/alerts", "/ops/calendar", "/ops/scaling", "/ops/scaling/traffic",
    "/ops/scaling/history",
)  # fmt: skip
# What no front door makes in a minute: a call that nobody could be spared, a job and a delivery that were given up, a change of the calendar.
GIVEN_UP = """
with told as (
    insert into notifications.notice (id, person_id, event_id, kind, subject, body, link)
    select gen_random_uuid(), id, gen_random_uuid(), 'job.held', 'Your post is being checked', 'An operator reads it.', '/me/jobs'
    from users.person where email = 'ada-asks@example.test' returning *
)
insert into notifications.delivery (id, notice_id, person_id, event_id, kind, channel, state, reason)
select gen_random_uuid(), id, person_id, event_id, kind, 'call', 'queued', 'No channel reached them.' from told;
with raised as (
    insert into notifications.alert (id, ref, subject, title, what, runbook, raised_at, told_at)
    select gen_random_uuid(), 'incident:' || n, 'incident:' || n, repeat('T', 120), repeat('What ', 120), 'docs/runbooks/error-burn.md', now(), now()
    from generate_series(1, 2) n returning *
)
insert into notifications.alert_delivery (id, alert_id, stage, channel, address_key, state, reason)
select gen_random_uuid(), id, 'raised', channel, channel, state, 'There is no SMS gateway: SMS_API_KEY is not set.'
from raised, (values ('email', 'sent'), ('sms', 'failed'), ('webhook', 'queued')) one (channel, state);
insert into platform.pgqueuer (priority, entrypoint, payload, status)
values (0, 'jobs.shelve', '{}', 'failed'), (0, 'event:notifications.job_closed', '{}', 'failed');
insert into platform.audit (id, action, subject, detail) select gen_random_uuid(), 'calendar.change', 'calendar:1', jsonb_build_object(
    'before', entry, 'after', entry || '{"last": "2027-01-10", "tenfold": true}'
) from (values ('{"name": "Detty December", "first": "2026-12-15", "last": "2027-01-05", "yearly": true, "factor": 3.0}'::jsonb)) one (entry);
"""
LEAST_TARGET = 44
LOOKS = [(PHONE, "light"), (DESK, "dark")] + ([(PHONE, "dark"), (DESK, "light")] if FULL else [])
SMALL = """least => [...document.querySelectorAll("a, button, input:not([type=hidden]), select, summary, textarea")]
    .filter(one => one.checkVisibility() && !one.closest(".skip") && getComputedStyle(one).display !== "inline")
    .map(one => {
        const target = ["checkbox", "radio"].includes(one.type) ? one.closest("label") : one;
        return [one.tagName, one.textContent.trim().slice(0, 30), Math.round(target.getBoundingClientRect().height)];
    })
    .filter(([, , height]) => height < least)"""


def judged(page: Page) -> list[str]:
    """axe's violations, each with the first element it names."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found]


def faults_of(visitor: Visitor, path: str) -> list[object]:
    """What is wrong with a page as this visitor sees it."""
    page = visitor.go(path)
    found: list[object] = [*judged(page), *page.evaluate(SMALL, LEAST_TARGET)]
    return [*found, "scrolls sideways"] if visitor.scrolls_sideways() else found


@pytest.mark.parametrize(("width", "theme"), LOOKS)
@pytest.mark.parametrize("who", list(BY_PERSON))
def test_a_page_is_usable_by_everybody(site: Site, chromium: Browser, who: str, width: int, theme: str) -> None:
    visitor = Visitor(chromium, site, width=width, theme=theme)
    if who != "nobody":
        visitor.sign_in(f"{who}@example.com", SAMPLE_PASSWORD)
    faults = {path: found for path in BY_PERSON[who] if (found := faults_of(visitor, path))}
    own = [line for line in visitor.refused if "404" not in line]
    visitor.close()
    assert faults == {}
    assert own == []


def sent(site: Site, visitor: Visitor, path: str, **fields: Any) -> Any:
    """What the API answers to this visitor's payload."""
    answer = visitor.context.request.post(path, data=fields, headers={"origin": site.url})
    assert answer.ok, answer.text()
    return answer.json()


@pytest.fixture(scope="module")
def busy(site: Site, chromium: Browser, stack: Stack) -> None:
    """Something in every list that operators work through, with the longest texts people may send."""
    ada, bola = (Visitor(chromium, site) for _ in range(2))
    join(site, ada, "Ada Asks", "ada-asks@example.test")
    to = join(site, bola, "Bola Bothers " + "Ọ" * 60, "bola-bothers@example.test")
    sent(site, ada, "/api/jobs", **{**JOB, "description": "You must pay a registration fee of N5,000 first. " + "Ọ" * 300})
    post = sent(site, bola, "/api/jobs", **{**JOB, "title": "G" * 120, "description": "Six days near Nsukka. " * 20})["job"]["id"]
    sent(site, ada, f"/api/jobs/{post}/reports", reason="money", note="They asked for " + "₦" * 900)
    talk = sent(site, ada, "/api/messages", to=[to], text="Are you free?", client_id="6f6e7c3e-6f0b-4d7e-9a51-2d9d1c8b7a10")
    where = f"/api/messages/{talk['message']['conversation_id']}"
    bola.context.request.post(f"{where}/turn", data={"turn": "accept"}, headers={"origin": site.url})
    sent(site, bola, f"{where}/reports", messages=[1], reason="harassment", note="N" * 1000)
    for planted in (GIVEN_UP, HOUR):
        stack.primary.sql(planted, database=DATABASE)
    for visitor in (ada, bola):
        visitor.close()


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_an_operators_full_lists_are_usable(site: Site, chromium: Browser, busy: None, width: int, theme: str) -> None:
    operator = Visitor(chromium, site, width=width, theme=theme)
    operator.sign_in("operator@example.com", SAMPLE_PASSWORD)
    faults = {path: found for path in OPS if (found := faults_of(operator, path))}
    empty = [path for path in OPS if operator.go(path).locator("main .empty").count()]
    own = list(operator.refused)
    operator.close()
    assert (faults, empty, own) == ({}, [], [])


def test_every_operators_page_is_among_them() -> None:
    pages = {row.path for row in TABLE if row.method == "GET" and row.path.startswith("/ops") and not row.path.endswith(".csv")}
    assert {path.partition("?")[0] for path in OPS} == pages
