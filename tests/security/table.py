"""The authorisation matrix: for each route of the program, what each of the five gets. A route without a row fails a test."""

from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import uuid4

import msgspec

from nollycrewhub.web.assets import manifest
from tests.security.stage import CODE, PASSWORD, ROLES, Caller, Stage

IN = -303
"""303 to the sign-in page, which is how a page refuses somebody who is not signed in."""
Cells = tuple[int, int, int, int, int]
Parts = Callable[[Stage, Caller], dict[str, Any]]
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63606060000000040001"
    "f61738550000000049454e44ae426082"
)


POINT = "BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"


class Row(NamedTuple):
    """Route, what (anonymous, stranger, owner, poster, operator) get, what is sent, and which row the path names."""

    method: str
    path: str
    cells: Cells
    parts: Parts | None = None
    subject: str = ""


def everybody(status: int = 200) -> Cells:
    """The same for all five."""
    return (status, status, status, status, status)


def members(status: int, anonymous: int = 401) -> Cells:
    """Whoever is signed in gets their own."""
    return (anonymous, status, status, status, status)


def only_poster(status: int, anonymous: int = 401) -> Cells:
    """The listing's poster; to all others it is not there."""
    return (anonymous, 404, 404, status, 404)


def only_owner(status: int, anonymous: int = 401) -> Cells:
    """Whose application, notice or device it is."""
    return (anonymous, 404, status, 404, 404)


def only_operator(status: int, anonymous: int = 401) -> Cells:
    """Operators; to members there is no such page."""
    return (anonymous, 404, 404, 404, status)


def sent(**fields: Any) -> Parts:
    """A JSON body."""
    return lambda stage, caller: {"json": fields}


def typed(**fields: Any) -> Parts:
    """A form."""
    return lambda stage, caller: {"data": fields}


def listing(stage: Stage, caller: Caller) -> dict[str, Any]:
    """A whole listing as JSON."""
    return {"json": msgspec.to_builtins(stage.listing(f"A new title {stage.mark}"))}


def listing_form(stage: Stage, caller: Caller) -> dict[str, Any]:
    """A whole listing as the form sends it."""
    given = stage.listing(f"A new title {stage.mark}")
    names = ("title", "category", "company", "state", "town", "description")
    return {"data": {**{name: getattr(given, name) for name in names}, "pay": "150,000", "pay_unit": "day"}}


def picture(stage: Stage, caller: Caller) -> dict[str, Any]:
    """A photo of one pixel."""
    return {"files": {"photo": ("me.png", PNG, "image/png")}}


def script(stage: Stage, caller: Caller) -> dict[str, Any]:
    """A script of one scene."""
    return {"files": {"script": ("iya.txt", b"INT. KITCHEN - DAY", "text/plain")}}


def premiere(stage: Stage, caller: Caller) -> dict[str, Any]:
    """An event of the calendar that nobody has added yet."""
    return {"data": {"name": f"Staged anew {stage.mark}", "first": "2026-12-12", "last": "2026-12-13", "tenfold": "true", "version": "1"}}


def addressed(name: str, form: bool = False, **more: Any) -> Parts:
    """A body with the owner's address in it: public routes are asked about somebody."""
    return lambda stage, caller: {"data" if form else "json": {name: stage.ids["owner_email"], **more}}


def newcomer(form: bool = False) -> Parts:
    """A registration with an address nobody has."""

    def parts(stage: Stage, caller: Caller) -> dict[str, Any]:
        fresh = f"new-{caller.role}-{stage.mark}@example.test"
        return {"data" if form else "json": {"name": "Ada Obi", "password": PASSWORD, "address" if form else "email": fresh}}

    return parts


def up_to(form: bool = False) -> Parts:
    """The owner's newest notice."""
    return lambda stage, caller: {"data" if form else "json": {"up_to": str(stage.ids["notice_id"])}}


def browser(stage: Stage, caller: Caller) -> dict[str, Any]:
    """A push subscription: the point that everybody knows as a key, at a push service of this machine."""
    return {"json": {"endpoint": f"http://127.0.0.1:1/{caller.role}-{stage.mark}", "keys": {"p256dh": POINT, "auth": "A" * 22}}}


def profile(stage: Stage, caller: Caller) -> dict[str, Any]:
    """The same name once more."""
    return {"json": {"name": f"{caller.role} {stage.mark}"}}


WIDE = [
    Row("GET", "/sitemap.xml", everybody()),
    Row("GET", "/livez", everybody()), Row("GET", "/readyz", everybody()), Row("GET", "/metrics", everybody(404)),
    Row("GET", "/live/events", everybody(422)), Row("GET", "/live/poll", everybody(422)),
    Row("GET", "/assets/{name:str}", everybody(), subject="asset"), Row("GET", "/sw.js", everybody()), Row("GET", "/", everybody()),
    Row("GET", "/offline", everybody()), Row("GET", "/robots.txt", everybody()), Row("GET", "/dev/gallery", everybody()),
    Row("GET", "/dev/mail", everybody()), Row("GET", "/dev/mail.json", everybody()), Row("GET", "/schema", everybody()),
    Row("GET", "/dev/waiting", everybody()), Row("GET", "/dev/push.js", everybody()),
    Row("GET", "/schema/openapi.json", everybody()), Row("GET", "/schema/{path:str}", everybody(404)),
    Row("GET", "/sitemap-jobs.xml", everybody()), Row("GET", "/sitemap-talent.xml", everybody()),
    Row("GET", "/media/photos/{name:str}", everybody()), Row("GET", "/media/photos/{name:str}", members(200, 404), subject="members_photo"),
    Row("GET", "/media/photos/{name:str}", (404, 200, 404, 404, 404), subject="private_photo"), Row("GET", "/docs", everybody()), Row("GET", "/docs/{slug:str}", everybody()), Row("GET", "/problems", everybody()),
    Row("GET", "/problems/{kind:str}", everybody()), Row("POST", "/language", everybody(303), typed(language="en")),
]  # fmt: skip
ENTRANCE = [
    Row("POST", "/api/auth/register", everybody(202), newcomer()),
    Row("POST", "/api/auth/confirm", everybody(), addressed("address", code=CODE)),
    Row("POST", "/api/auth/confirm", everybody(410), addressed("address", code="000000")),
    Row("POST", "/api/auth/resend", everybody(202), addressed("address")),
    Row("POST", "/api/auth/login", everybody(), addressed("email", password=PASSWORD)),
    Row("POST", "/api/auth/login", everybody(401), addressed("email", password="not the right one")),
    Row("POST", "/api/auth/reset", everybody(202), addressed("address")),
    Row("POST", "/api/auth/reset/confirm", everybody(), addressed("address", code=CODE, password="four more unusual words")),
    Row("POST", "/api/auth/reset/confirm", everybody(410), addressed("address", code="000000", password="four more unusual words")),
    Row("GET", "/register", everybody()), Row("POST", "/register", everybody(), newcomer(form=True)),
    Row("GET", "/confirm", everybody()), Row("POST", "/confirm", everybody(), addressed("address", form=True, code=CODE)),
    Row("POST", "/confirm/resend", everybody(), addressed("address", form=True)),
    Row("GET", "/confirm/{link:str}", everybody(), subject="confirm_link"), Row("GET", "/confirm/{link:str}", everybody(410), subject="reset_link"),
    Row("POST", "/confirm/{link:str}", everybody(), subject="confirm_link"), Row("POST", "/confirm/{link:str}", everybody(410), subject="reset_link"),
    Row("GET", "/reset/{link:str}", everybody(), subject="reset_link"), Row("GET", "/reset/{link:str}", everybody(410), subject="confirm_link"),
    Row("POST", "/reset/{link:str}", everybody(), typed(password="four more unusual words"), "reset_link"),
    Row("POST", "/reset/{link:str}", everybody(410), typed(password="four more unusual words"), "confirm_link"),
    Row("GET", "/signin/google", everybody(404)), Row("GET", "/signin/google/callback", everybody(404)),
    Row("GET", "/signin/google/link", everybody(404)), Row("POST", "/signin/google/link", everybody(404), typed(password=PASSWORD)),
    Row("GET", "/signin/{link:str}", everybody(), subject="confirm_link"),
    Row("GET", "/signin", everybody()), Row("POST", "/signin", everybody(303), addressed("email", form=True, password=PASSWORD)),
    Row("POST", "/signin", everybody(401), addressed("email", form=True, password="not the right one")),
    Row("POST", "/signout", everybody(303)), Row("GET", "/reset", everybody()),
    Row("POST", "/reset", everybody(), addressed("address", form=True)), Row("GET", "/reset/confirm", everybody()),
    Row("POST", "/reset/confirm", everybody(), addressed("address", form=True, code=CODE, password="four more unusual words")),
]  # fmt: skip
OWN = [
    Row("POST", "/api/auth/logout", members(204)), Row("POST", "/api/auth/logout-everywhere", members(204)),
    Row("POST", "/api/auth/confirm-password", members(200), sent(password=PASSWORD)),
    Row("POST", "/api/auth/password", members(200), sent(present=PASSWORD, password="four more unusual words")),
    Row("POST", "/api/auth/password", members(401), sent(present="not mine at all", password="four more unusual words")),
    Row("GET", "/me/account", members(200, IN)), Row("GET", "/me/account/google", members(404, IN)),
    Row("POST", "/me/account/password", members(303), typed(present=PASSWORD, password="four more unusual words")),
    Row("POST", "/me/account/google/disconnect", members(409), typed(password=PASSWORD)),
    Row("GET", "/api/auth/devices", members(200)), Row("DELETE", "/api/auth/devices/{key:str}", only_owner(204)),
    Row("GET", "/api/profile", members(200)), Row("PUT", "/api/profile", members(200), profile),
    Row("POST", "/api/users/me/photo", members(200), picture), Row("GET", "/api/users/me/export", members(200)),
    Row("DELETE", "/api/users/me", members(204), sent(password=PASSWORD)),
    Row("GET", "/me", members(200, IN)), Row("GET", "/me/strip", members(200, IN)), Row("GET", "/me/profile", members(200, IN)),
    Row("POST", "/me/profile", members(303), typed(name="Ada Obi")), Row("POST", "/me/photo", members(303), picture),
    Row("GET", "/me/devices", members(200, IN)), Row("POST", "/me/devices/{key:str}/end", only_owner(303)),
    Row("POST", "/me/signout-everywhere", members(303)), Row("GET", "/me/privacy", members(200, IN)),
    Row("POST", "/me/delete", members(200), typed(password=PASSWORD)), Row("GET", "/me/confirm-password", members(200, IN)),
    Row("POST", "/me/confirm-password", members(303), typed(password=PASSWORD, next="/ops")),
    Row("GET", "/api/notifications", members(200)), Row("POST", "/api/notifications/read", members(204), up_to()),
    Row("POST", "/me/notices/{notice_id:uuid}/open", only_owner(303)), Row("GET", "/me/notices", members(200, IN)),
    Row("POST", "/me/notices/read", members(303), up_to(form=True)),
    Row("GET", "/api/notifications/unread", members(200)), Row("GET", "/api/notifications/deliveries.csv", members(200)),
    Row("GET", "/api/notifications/sent.csv", members(200)),
    Row("POST", "/api/notifications/{notice_id:uuid}/open", only_owner(204)),
    Row("GET", "/api/notifications/settings", members(200)),
    Row("PUT", "/api/notifications/settings", members(204), sent(digest="daily", choices=[{"kind": "job.closed", "channel": "sms", "on": True}])),
    Row("POST", "/api/notifications/browsers", members(204), browser),
    Row("POST", "/api/notifications/browsers/forget", members(404), sent(endpoint="https://nowhere.example/none")),
    Row("GET", "/me/notices/sent", members(200, IN)), Row("GET", "/me/notices/settings", members(200, IN)),
    Row("POST", "/me/notices/settings", members(303), typed(digest="off", on="job.closed/email")),
    Row("POST", "/me/notices/browsers/{device_id:uuid}/forget", only_owner(303)),
    Row("GET", "/notices/stop/{stop_token:str}", everybody()), Row("POST", "/notices/stop/{stop_token:str}", everybody()),
    Row("GET", "/n/{seen_token:str}", everybody()), Row("POST", "/n/{seen_token:str}", everybody(303)),
    Row("POST", "/api/notifications/pushes", everybody(404), sent(token="A" * 36, state="opened")),
    Row("POST", "/api/notifications/hooks/sms", everybody(403), sent(status="Delivered", message_id="1")),
    Row("GET", "/api/notifications/hooks/whatsapp", everybody(403)),
    Row("POST", "/api/notifications/hooks/whatsapp", everybody(403), sent(entry=[])),
    Row("POST", "/api/notifications/hooks/mail", everybody(403), sent(status="5.1.1")),
    Row("POST", "/api/notifications/hooks/alertmanager", everybody(403), sent(alerts=[])),
    Row("GET", "/ops/sending", only_operator(200, IN)), Row("GET", "/ops/sending.csv", only_operator(200, IN)),
    Row("GET", "/ops/alerts", only_operator(200, IN)), Row("POST", "/ops/alerts/try", only_operator(303)),
    Row("GET", "/ops/ring", only_operator(200, IN)), Row("POST", "/ops/ring/{delivery_id:uuid}/{outcome:str}", only_operator(303)),
]  # fmt: skip
PEOPLE = [
    Row("GET", "/api/users/{handle:str}/member", members(200)), Row("GET", "/talent/{handle:str}/member", members(200, IN)),
    Row("GET", "/api/users/{handle:str}/member", only_poster(200), subject="unlisted"),
    Row("GET", "/talent/{handle:str}/member", only_poster(200, IN), subject="unlisted"),
    Row("GET", "/cards/talent/{handle:str}", everybody(404)), Row("GET", "/cards/talent/{handle:str}", everybody(404), subject="unlisted"),
    Row("GET", "/api/users", everybody()), Row("GET", "/api/users/{handle:str}", everybody()), Row("GET", "/talent", everybody()),
    Row("GET", "/api/users/{handle:str}", everybody(404), subject="unlisted"), Row("GET", "/talent/{handle:str}", everybody()),
    Row("GET", "/talent/{handle:str}", everybody(404), subject="unlisted"),
]  # fmt: skip
JOBS = [
    Row("GET", "/api/jobs", everybody()), Row("POST", "/api/jobs", members(201), listing), Row("GET", "/api/jobs/mine", members(200)),
    Row("GET", "/api/jobs/{job_id:int}", everybody()), Row("GET", "/api/jobs/{job_id:int}", everybody(404), subject="draft"),
    Row("GET", "/api/jobs/{job_id:int}", everybody(404), subject="held"), Row("GET", "/api/jobs/{job_id:int}", everybody(), subject="closed"),
    Row("PUT", "/api/jobs/{job_id:int}", only_poster(200), listing), Row("PUT", "/api/jobs/{job_id:int}", only_poster(200), listing, "draft"),
    Row("PUT", "/api/jobs/{job_id:int}", only_poster(200), listing, "held"),
    Row("GET", "/api/jobs/{job_id:int}", everybody(404), subject="shelved"), Row("GET", "/jobs/{job_id:int}", everybody(404), subject="shelved"),
    Row("PUT", "/api/jobs/{job_id:int}", only_poster(200), listing, "shelved"),
    Row("POST", "/api/jobs/{job_id:int}/close", only_poster(409), subject="shelved"),
    Row("POST", "/api/jobs/{job_id:int}/reopen", only_poster(409), subject="shelved"),
    Row("POST", "/api/jobs/{job_id:int}/applications", (401, 404, 404, 404, 404), sent(note="I have two lamps."), "shelved"),
    Row("GET", "/me/jobs/{job_id:int}", only_poster(200, IN), subject="shelved"),
    Row("POST", "/me/jobs/{job_id:int}/edit", only_poster(303), listing_form, "shelved"),
    Row("POST", "/api/jobs/{job_id:int}/close", only_poster(200)), Row("POST", "/api/jobs/{job_id:int}/close", only_poster(200), subject="held"),
    Row("POST", "/api/jobs/{job_id:int}/reopen", only_poster(200), sent(deadline=None), "closed"),
    Row("POST", "/api/jobs/{job_id:int}/duplicate", only_poster(201)),
    Row("POST", "/api/jobs/{job_id:int}/duplicate", only_poster(201), subject="draft"),
    Row("GET", "/api/jobs/{job_id:int}/applications", only_poster(200)),
    Row("POST", "/api/jobs/{job_id:int}/applications", (401, 201, 409, 409, 201), sent(note="I have two lamps.")),
    Row("POST", "/api/jobs/{job_id:int}/applications", (401, 404, 404, 404, 404), sent(note="I have two lamps."), "draft"),
    Row("POST", "/api/jobs/{job_id:int}/applications", (401, 404, 404, 404, 404), sent(note="I have two lamps."), "held"),
    Row("DELETE", "/api/jobs/{job_id:int}/applications/mine", only_owner(204)),
    Row("POST", "/api/jobs/{job_id:int}/applications/{application_id:uuid}/move", only_poster(204), sent(to="shortlisted")),
    Row("POST", "/api/jobs/{job_id:int}/applications/{application_id:uuid}/move", only_poster(204), sent(to="reviewed"), "declined"),
    Row("POST", "/api/jobs/{job_id:int}/applications/{application_id:uuid}/move", only_poster(409), sent(to="hired"), "declined"),
    Row("GET", "/api/jobs/applications/mine", members(200)), Row("GET", "/api/jobs/held", only_operator(200)),
    Row("POST", "/api/jobs/held/{review_id:uuid}/decide", only_operator(200), sent(decision="release", note="It is fine.")),
    Row("GET", "/jobs", everybody()), Row("GET", "/jobs/{job_id:int}", everybody()),
    Row("GET", "/jobs/{job_id:int}", everybody(404), subject="draft"), Row("GET", "/jobs/{job_id:int}", everybody(404), subject="held"),
    Row("GET", "/cards/jobs/{job_id:int}", everybody()), Row("GET", "/cards/jobs/{job_id:int}", everybody(404), subject="draft"),
    Row("GET", "/cards/jobs/{job_id:int}", everybody(404), subject="held"),
    Row("GET", "/jobs/{job_id:int}/apply", members(200, IN)),
    Row("GET", "/jobs/{job_id:int}/apply", only_poster(200, IN), subject="draft"),
    Row("POST", "/jobs/{job_id:int}/apply", (401, 303, 409, 409, 303), typed(note="I have two lamps.")),
    Row("POST", "/jobs/{job_id:int}/apply", (401, 404, 404, 404, 404), typed(note="I have two lamps."), "held"),
    Row("POST", "/jobs/{job_id:int}/withdraw", only_owner(303)), Row("GET", "/me/applications", members(200, IN)),
    Row("GET", "/me/jobs", members(200, IN)), Row("GET", "/me/jobs/new", members(200, IN)),
    Row("POST", "/me/jobs/new", members(303), listing_form),
    Row("GET", "/me/jobs/{job_id:int}", only_poster(200, IN)), Row("GET", "/me/jobs/{job_id:int}", only_poster(200, IN), subject="draft"),
    Row("GET", "/me/jobs/{job_id:int}/edit", only_poster(200, IN)),
    Row("GET", "/me/jobs/{job_id:int}/edit", only_poster(200, IN), subject="held"),
    Row("GET", "/me/jobs/{job_id:int}/applications/{application_id:uuid}", only_poster(200, IN)),
    Row("POST", "/me/jobs/{job_id:int}/edit", only_poster(303), listing_form),
    Row("POST", "/me/jobs/{job_id:int}/edit", only_poster(303), listing_form, "draft"),
    Row("POST", "/me/jobs/{job_id:int}/{verb:str}", only_poster(303)),
    Row("POST", "/me/jobs/{job_id:int}/applications/{application_id:uuid}", only_poster(303), typed(to="reviewed")),
    Row("GET", "/api/jobs/suggest", everybody()), Row("GET", "/api/jobs/searches", members(200)),
    Row("POST", "/api/jobs/searches", members(201), sent(q="gaffer", state="EN")),
    Row("DELETE", "/api/jobs/searches/{search_id:uuid}", only_owner(204)),
    Row("GET", "/me/searches", members(200, IN)), Row("POST", "/me/searches", members(303), typed(question="q=gaffer", by_mail="yes")),
    Row("POST", "/me/searches/{search_id:uuid}/{turn:str}", only_owner(303)),
    Row("GET", "/searches/stop/{stop:str}", everybody()), Row("POST", "/searches/stop/{stop:str}", everybody()),
    Row("POST", "/api/jobs/{job_id:int}/reports", (401, 202, 202, 409, 202), sent(reason="money", note="N5,000 for a form.")),
    Row("POST", "/api/jobs/{job_id:int}/reports", (401, 404, 404, 404, 404), sent(reason="money"), "held"),
    Row("POST", "/api/jobs/{job_id:int}/reports", (401, 404, 404, 404, 404), sent(reason="money"), "draft"),
    Row("GET", "/api/jobs/reports", only_operator(200)),
    Row("POST", "/api/jobs/{job_id:int}/reports/decide", only_operator(204), sent(decision="dismiss", note="It is fine."), "closed"),
    Row("GET", "/jobs/{job_id:int}/report", members(200, IN)), Row("GET", "/jobs/{job_id:int}/report", (IN, 404, 404, 404, 404), subject="held"),
    Row("POST", "/jobs/{job_id:int}/report", (401, 303, 303, 409, 303), typed(reason="other", note="It is a joke.")),
    Row("POST", "/jobs/{job_id:int}/report", (401, 404, 404, 404, 404), typed(reason="money"), "draft"),
    Row("GET", "/ops/posts", only_operator(200, IN)),
    Row("POST", "/ops/posts/{job_id:int}", only_operator(303), typed(decision="take-away", note="It is not fine."), "closed"),
    Row("GET", "/ops", only_operator(200, IN)),
    Row("POST", "/ops/jobs", (401, 404, 404, 404, 404), typed(job="999999999", note="Asked talent for money.")),
    Row("POST", "/ops/held/{review_id:uuid}", only_operator(303), typed(decision="release", note="It is fine.")),
]  # fmt: skip


def first_message(form: bool = False) -> Parts:
    """A first message to the owner."""

    def parts(stage: Stage, caller: Caller) -> dict[str, Any]:
        handle = stage.callers["owner"].handle
        given = {"text": "Good morning.", "client_id": str(uuid4())}
        return {"data": {**given, "to": handle}} if form else {"json": {**given, "to": [handle]}}

    return parts


def words(form: bool = False) -> Parts:
    """One message."""
    return lambda stage, caller: {"data" if form else "json": {"text": "Good morning.", "client_id": str(uuid4())}}


def only_of_group(status: int, anonymous: int = 401) -> Cells:
    """The owner of a group in which the poster is."""
    return (anonymous, 404, status, 409, 404)


def handed(stage: Stage, caller: Caller) -> dict[str, Any]:
    """The group goes to the poster."""
    return {"json": {"person_id": str(stage.ids["group_person_id"])}}


def of_two(status: int, anonymous: int = 401) -> Cells:
    """Owner and poster, who are in the conversation."""
    return (anonymous, 404, status, status, 404)


def attached(stage: Stage, caller: Caller) -> dict[str, Any]:
    """A file for a message."""
    return {"files": {"file": ("lamp.png", PNG, "image/png")}}


def attached_form(stage: Stage, caller: Caller) -> dict[str, Any]:
    """A file that goes into the conversation at once."""
    return {"data": {"conversation": str(stage.ids["conversation_id"]), "client_id": str(uuid4())}, **attached(stage, caller)}


def asked_in(form: bool = False) -> Parts:
    """The owner, who is in it already."""
    return lambda stage, caller: {"data" if form else "json": {"handle": stage.callers["owner"].handle}}


PROJECT, MY_PROJECT = "/api/projects/{project_id:uuid}", "/me/projects/{project_id:uuid}"
PROJECTS = [
    Row("POST", "/api/projects/scripts", members(201), script), Row("GET", "/api/projects/scripts", members(200)),
    Row("GET", "/api/projects/scripts/{script_id:uuid}", only_owner(200)),
    Row("POST", "/api/projects/scripts/{script_id:uuid}/again", only_owner(200)),
    Row("DELETE", "/api/projects/scripts/{script_id:uuid}", only_owner(204)),
    Row("GET", "/api/projects", members(200)), Row("POST", "/api/projects", members(201), sent(title="A feature")),
    Row("GET", PROJECT, of_two(200)), Row("PUT", PROJECT, only_of_group(204), sent(title="A series")), Row("DELETE", PROJECT, only_of_group(204)),
    Row("GET", PROJECT + "/scenes", of_two(200)), Row("POST", PROJECT + "/members", only_of_group(204), asked_in()),
    Row("DELETE", PROJECT + "/members/{person_id:uuid}", only_of_group(204), subject="project"),
    Row("DELETE", PROJECT + "/members/{person_id:uuid}", (401, 404, 409, 409, 404)),
    Row("POST", PROJECT + "/turn", (401, 404, 409, 204, 404), sent(turn="leave")),
    Row("POST", PROJECT + "/days", only_of_group(201), sent(day="2027-01-02", name="Day 1")),
    Row("DELETE", PROJECT + "/days/{day_id:uuid}", only_of_group(204)),
    Row("GET", "/me/projects", members(200, IN)), Row("POST", "/me/projects", members(303), typed(title="A feature")),
    Row("GET", MY_PROJECT, of_two(200, IN)), Row("POST", MY_PROJECT, only_of_group(303), typed(title="A series")),
    Row("POST", MY_PROJECT + "/script", only_of_group(303), script), Row("POST", MY_PROJECT + "/script/again", only_of_group(303)),
    Row("POST", MY_PROJECT + "/script/delete", only_of_group(303)), Row("POST", MY_PROJECT + "/members", only_of_group(303), asked_in(form=True)),
    Row("POST", MY_PROJECT + "/members/{person_id:uuid}/out", only_of_group(303), subject="project"),
    Row("POST", MY_PROJECT + "/turn/{step:str}", (401, 404, 409, 303, 404), subject="project"),
    Row("POST", MY_PROJECT + "/days", only_of_group(303), typed(day="2027-01-02", name="Day 1")),
    Row("POST", MY_PROJECT + "/days/{day_id:uuid}/remove", only_of_group(303)), Row("POST", MY_PROJECT + "/delete", only_of_group(303)),
]  # fmt: skip
TALK, ONE_TALK, MY_TALK = "/api/messages", "/api/messages/{conversation_id:uuid}", "/me/messages/{conversation_id:uuid}"
MESSAGES = [
    Row("GET", TALK, members(200)), Row("POST", TALK, (401, 201, 422, 201, 201), first_message()), Row("GET", TALK + "/sync", members(200)),
    Row("GET", TALK + "/search", members(200)), Row("GET", TALK + "/choices", members(200)),
    Row("PUT", TALK + "/choices", members(200), sent(presence="nobody")), Row("GET", TALK + "/blocks", members(200)),
    Row("POST", TALK + "/blocks", (401, 204, 422, 204, 204), lambda stage, caller: {"json": {"person_id": stage.ids["person_id"]}}),
    Row("DELETE", TALK + "/blocks/{person_id:uuid}", members(204)), Row("GET", TALK + "/reports", only_operator(200)),
    Row("POST", TALK + "/reports/{report_id:uuid}/decide", only_operator(204), sent(decision="freeze", note="It is not fine.")),
    Row("POST", TALK + "/files", members(201), attached), Row("POST", "/me/messages/files", of_two(303), attached_form),
    Row("GET", TALK + "/files/{file_id:uuid}", (401, 404, 200, 200, 200)), Row("GET", TALK + "/files/{file_id:uuid}", of_two(200), subject="plain"),
    Row("GET", TALK + "/files/{file_id:uuid}/small", (401, 404, 200, 200, 200)),
    Row("GET", TALK + "/files/{file_id:uuid}/small", of_two(404), subject="plain"),
    Row("GET", ONE_TALK, of_two(200)), Row("GET", ONE_TALK + "/messages", of_two(200)), Row("POST", ONE_TALK + "/messages", of_two(201), words()),
    Row("PUT", ONE_TALK + "/messages/{n:int}", only_owner(200), sent(text="Other words.")),
    Row("DELETE", ONE_TALK + "/messages/{n:int}", only_owner(204)), Row("POST", ONE_TALK + "/read", of_two(204), sent(n=1)),
    Row("POST", ONE_TALK + "/turn", of_two(204), sent(turn="mute")), Row("POST", ONE_TALK + "/people", of_two(409), sent(people=["x"])),
    Row("PUT", ONE_TALK, of_two(409), sent(title="Main unit")), Row("PUT", ONE_TALK, only_of_group(204), sent(title="Main unit"), "group"),
    Row("POST", ONE_TALK + "/owner", of_two(409), handed), Row("POST", ONE_TALK + "/owner", only_of_group(204), handed, "group"),
    Row("DELETE", ONE_TALK + "/people/{person_id:uuid}", of_two(409)),
    Row("DELETE", ONE_TALK + "/people/{person_id:uuid}", only_of_group(204), subject="group"),
    Row("GET", MY_TALK, of_two(200, IN), subject="group"), Row("POST", MY_TALK + "/name", only_of_group(303), typed(title="Main unit"), "group"),
    Row("POST", MY_TALK + "/people", (401, 404, 422, 422, 404), typed(to=""), "group"),
    Row("POST", MY_TALK + "/people/{person_id:uuid}/{step:str}", only_of_group(303), subject="group"),
    Row("POST", ONE_TALK + "/reports", (401, 404, 422, 202, 404), sent(messages=[1], reason="money")),
    Row("GET", "/me/messages", members(200, IN)), Row("GET", "/me/messages/list", members(200, IN)), Row("GET", "/me/messages/search", members(200, IN)),
    Row("GET", "/me/messages/choices", members(200, IN)), Row("POST", "/me/messages/choices", members(303), typed(presence="nobody")),
    Row("POST", "/me/messages/blocks/{person_id:uuid}/{block:str}", (401, 303, 422, 303, 303)), Row("GET", "/me/messages/new", members(200, IN)),
    Row("POST", "/me/messages/new", (401, 303, 422, 303, 303), first_message(form=True)), Row("GET", MY_TALK, of_two(200, IN)),
    Row("GET", MY_TALK + "/list", of_two(200, IN)), Row("POST", MY_TALK, of_two(303), words(form=True)),
    Row("POST", MY_TALK + "/turn/{step:str}", of_two(303)), Row("POST", MY_TALK + "/read", of_two(303), typed(n="1")),
    Row("POST", MY_TALK + "/delete/{n:int}", only_owner(303)),
    Row("POST", MY_TALK + "/report", (401, 404, 422, 303, 404), typed(messages="1", reason="money")),
    Row("GET", "/ops/reports", only_operator(200, IN)),
    Row("POST", "/ops/reports/{report_id:uuid}", only_operator(303), typed(decision="freeze", note="It is not fine.")),
]  # fmt: skip
CONSOLE = [
    Row("GET", "/api/analytics/daily", only_operator(200)), Row("GET", "/ops/analytics", only_operator(200, IN)),
    Row("GET", "/ops/people", only_operator(200, IN)),
    Row("POST", "/ops/people/{person_id:uuid}/ban", only_operator(303), typed(reason="Asked talent for money.")),
    Row("POST", "/ops/people/{person_id:uuid}/unban", only_operator(303)),
    Row("GET", "/ops/calendar", only_operator(200, IN)),
    Row("POST", "/ops/calendar", only_operator(303), premiere),
    Row("POST", "/ops/calendar/{event_id:int}", only_operator(303), premiere),
    Row("POST", "/ops/calendar/{event_id:int}/remove", only_operator(303), typed(version="1")),
    Row("GET", "/ops/scaling", only_operator(200, IN)), Row("GET", "/ops/scaling/history", only_operator(200, IN)),
    Row("GET", "/ops/scaling/traffic", only_operator(200, IN)),
    Row("POST", "/ops/scaling/incidents/{incident_id:int}/close", only_operator(303)),
    Row("GET", "/ops/servers", only_operator(200, IN)), Row("GET", "/ops/queues", only_operator(200, IN)),
    Row("POST", "/ops/queues/jobs/{work_id:int}/retry", only_operator(303)),
    Row("POST", "/ops/queues/jobs/{work_id:int}/cancel", only_operator(303)), Row("POST", "/ops/queues/events/replay", only_operator(303)),
]  # fmt: skip
TABLE = [*WIDE, *ENTRANCE, *OWN, *PEOPLE, *JOBS, *PROJECTS, *MESSAGES, *CONSOLE]


def address(row: Row, ids: dict[str, Any]) -> str:
    """The row's path with these ids in it; `subject` names another thing of the same kind."""
    fixed = {
        "verb": "close",
        "turn": "quiet",
        "outcome": "reached",
        "n": "1",
        "step": {"group": "owner", "project": "leave"}.get(row.subject, "mute"),
        "block": "on",
        "path": "nothing",
        "slug": "jobs",
        "kind": "not-found",
    }
    if row.subject == "asset":
        fixed["name"] = next(iter(manifest().values()))
    parts = []
    for part in row.path.split("/"):
        name = part.strip("{}").split(":")[0]
        is_subject = bool(row.subject) and name in ("job_id", "handle", "link", "name")
        of_subject = ids.get(f"{row.subject}_{name}", ids.get(row.subject if is_subject else name))
        parts.append(str(fixed.get(name) or of_subject) if part.startswith("{") else part)
    return "/".join(parts)


def succeeds(row: Row) -> bool:
    """Whether anybody gets what the row asks for."""
    return any(200 <= cell < 300 for cell in row.cells)


def reader(row: Row) -> str:
    """Who succeeds, or else who gets as far as having the body read."""
    return next(role for role, cell in zip(ROLES, row.cells, strict=True) if (200 <= cell < 300 if succeeds(row) else cell != 401))


def told(path: str) -> str:
    """A route's path as the document writes it."""
    return "/".join(f"{part.split(':')[0]}}}" if ":" in part else part for part in path.split("/"))
