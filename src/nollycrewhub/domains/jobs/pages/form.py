"""The forms of the job market, posting and applying: what was typed as a struct, or a sentence for each field."""

from typing import Any

from litestar import Response

from nollycrewhub.domains.jobs.schemas import ApplyInput, JobInput, JobRow
from nollycrewhub.domains.jobs.schemas.props import JobFormPage
from nollycrewhub.kit.crafts import CATEGORIES, DEPARTMENTS, LANGUAGES
from nollycrewhub.kit.money import NotAnAmount, naira, parse_naira
from nollycrewhub.kit.places import STATES
from nollycrewhub.kit.told import told, what
from nollycrewhub.platform.context import AnyRequest
from nollycrewhub.web.forms import chosen_first, convert, joined, one_sign_a_line, split_by
from nollycrewhub.web.page import page

STATE_OPTIONS = [(state.code, state.name) for state in STATES]
LANGUAGE_OPTIONS = list(LANGUAGES.items())
CATEGORY_OPTIONS = [
    (name, [(category.slug, category.name) for category in CATEGORIES if category.department == slug]) for slug, name in DEPARTMENTS.items()
]
# What the form says of a field, instead of the plain sentence about its type.
SAID = {
    "title": told("Use 5 to 120 characters."),
    "description": told("Use 20 to 6,000 characters."),
    "company": told("Write the company's or your own name."),
    "state": told("Choose a state."),
    "category": told("Choose what the work is."),
    "wanted": told("Write a number from 1 to 1,000."),
    "pay": told("Write an amount in naira, for example 150,000."),
    "note": told("Write at most 2,000 characters."),
    "rate": told("Write an amount in naira, for example 150,000."),
}


def job_form(action: str, raw: dict[str, Any], errors: dict[str, str], *, editing: bool, drafting: bool = True) -> Response[bytes]:
    """The form for posting and editing; `drafting` where it may stay a draft."""
    props = JobFormPage(
        action=action, raw=raw, errors=errors, editing=editing, drafting=drafting, categories=CATEGORY_OPTIONS,
        states=STATE_OPTIONS, languages=chosen_first(LANGUAGE_OPTIONS, raw["languages"]),
    )  # fmt: skip
    return page("jobs/form.html", props, title=told("Change the job") if editing else told("Post a job"), status=422 if errors else 200)


async def read_job_form(request: AnyRequest) -> dict[str, Any]:
    """What was typed."""
    form = await request.form()
    names = ("title", "category", "company", "state", "town", "pay", "pay_unit", "pay_terms", "description", "skills",
             "experience", "wanted", "starts_on", "ends_on", "deadline", "draft")  # fmt: skip
    raw: dict[str, Any] = {name: one_sign_a_line(str(form.get(name, ""))).strip() for name in names}
    raw["languages"] = [str(value) for value in form.getall("languages", [])]
    return raw


def amount_of(text: str, field: str, errors: dict[str, str]) -> int | None:
    """Kobo of what was typed; one that cannot be read is added to the errors."""
    try:
        return parse_naira(text) if text.strip() else None
    except NotAnAmount as error:
        errors[field] = what(error)
        return None


def input_of(raw: dict[str, Any]) -> tuple[JobInput | None, dict[str, str]]:
    """The form as a listing, or a sentence for each field that cannot be read. The kind follows from the category."""
    kinds = {category.slug: category.kind for category in CATEGORIES}
    terms = raw["pay_terms"] or "paid"
    errors: dict[str, str] = {}
    amount = amount_of(raw["pay"], "pay", errors) if terms == "paid" else None
    names = ("title", "category", "company", "state", "town", "description", "starts_on", "ends_on", "deadline")
    values = {
        **{name: raw[name] for name in names if raw[name]},
        "kind": kinds.get(raw["category"], "crew"),
        "pay": {"amount": amount, "unit": raw["pay_unit"] or "day", "terms": terms},
        "skills": [skill for skill in split_by(",", raw["skills"]) if skill],
        "languages": raw["languages"], "experience": raw["experience"] or "any", "wanted": raw["wanted"] or "1",
        "draft": raw["draft"] == "yes",
    }  # fmt: skip
    form = convert(values, raw, JobInput)
    found = {**{name: SAID.get(name, sentence) for name, sentence in form.errors.items()}, **errors}
    return (None if found else form.value), found


def application_of(raw: dict[str, str]) -> tuple[ApplyInput | None, dict[str, str]]:
    """The form as an application, or a sentence for each field that cannot be read."""
    errors: dict[str, str] = {}
    rate = amount_of(raw["rate"], "rate", errors)
    form = convert({"note": raw["note"], "rate_kobo": rate, "rate_unit": raw["rate_unit"] or "day"}, dict(raw), ApplyInput)
    for name, sentence in form.errors.items():
        field = name.removesuffix("_kobo")
        errors.setdefault(field, SAID.get(field, sentence))
    return (None if errors else form.value), errors


def raw_of(job: JobRow) -> dict[str, Any]:
    """A stored listing as the form's fields."""
    return {
        "title": job.title, "category": job.category, "company": job.company, "state": job.state, "town": job.town,
        "pay": naira(job.pay_amount) if job.pay_amount else "", "pay_unit": job.pay_unit, "pay_terms": job.pay_terms,
        "description": job.description, "skills": joined(job.skills, ",", ", "), "languages": job.languages,
        "experience": job.experience, "wanted": job.wanted, "starts_on": job.starts_on or "", "ends_on": job.ends_on or "",
        "deadline": job.deadline or "", "draft": "yes" if job.status == "draft" else "",
    }  # fmt: skip
