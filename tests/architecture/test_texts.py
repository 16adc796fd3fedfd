"""The catalogues: complete in every language that is offered, and each rule about an entry goes red on a fault."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from nollycrewhub.kit.told import GUARDED
from nollycrewhub.platform.languages import LANGUAGES
from nollycrewhub.platform.languages.known import OFFERED
from nollycrewhub.web.texts import files
from nollycrewhub.web.texts.building import TRANSLATED, built
from nollycrewhub.web.texts.collecting import collected
from nollycrewhub.web.texts.judging import faults, is_review

SOURCE = collected()
NAMED = {files.key(message) for message in files.entries(SOURCE)}
DRAFT = "# draft\n"
GOOD = """
# draft
msgid "Sign in"
msgstr "Wọlé"

# reviewed: Ada Obi, 2026-12-01
msgctxt "consent"
msgid "Yes, delete it"
msgstr "Bẹ́ẹ̀ ni, pa á rẹ́"

# draft
# note: the poster's job, not the film's
msgid "Use at least %(least)s <b>characters</b>."
msgstr "Lo %(least)s ó kéré jù <b>lẹ́tà</b>."

# draft
msgid "%(number)s job"
msgid_plural "%(number)s jobs"
msgstr[0] "iṣẹ́ %(number)s"

# draft
msgid "Gaffer"
msgstr "Gaffer"
"""
SAME = {("yo", "Gaffer")}


def source_of(po: str) -> Catalog:
    """The English side of some entries."""
    source = Catalog()
    for message in files.entries(files.parsed((files.header("yo") + po).encode(), "yo")):
        source.add(message.id, context=message.context)
    return source


def judged(po: str, *, same: set[tuple[str, str]] = SAME) -> list[str]:
    """The faults of these entries beside the good ones' source."""
    return faults("yo", files.parsed((files.header("yo") + po).encode(), "yo"), source_of(GOOD), same)


@pytest.mark.parametrize("code", [code for code in OFFERED if code != "en"] or [None])
def test_every_language_that_is_offered_is_complete_and_without_a_fault(code: str | None) -> None:
    assert "en" in OFFERED and set(OFFERED) <= set(LANGUAGES)
    if code is not None:
        assert faults(code, files.read(code), SOURCE, files.same_in_english()) == []


@pytest.mark.parametrize("code", TRANSLATED)
def test_what_is_not_offered_yet_may_be_incomplete_and_nothing_else(code: str) -> None:
    catalog = files.read(code)
    unfinished = ("missing: ", "not in the source any more: ")
    wrong = [
        fault
        for fault in faults(code, catalog, SOURCE, files.same_in_english())
        if not fault.removeprefix(f"{code}: ").startswith(unfinished)
    ]
    assert wrong == []


def test_what_is_about_money_safety_or_consent_is_so_wherever_it_stands() -> None:
    """Else an unreviewed draft of it is shown in one place, and English in another."""
    guarded = {sentence for context, sentence in NAMED if context in GUARDED}
    assert guarded & {sentence for context, sentence in NAMED if context not in GUARDED} == set()


def test_the_allow_list_names_languages_and_sentences_that_are_there() -> None:
    sentences = {sentence for _, sentence in NAMED}
    assert {
        (code, sentence) for code, sentence in files.same_in_english() if code not in (*TRANSLATED, "*") or sentence not in sentences
    } == set()
    lines = files.SAME.read_text().splitlines()
    assert len(lines) == len(set(lines)), "an entry stands there twice"


def test_entries_that_are_right_have_no_fault() -> None:
    assert judged(GOOD) == []


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('msgstr "Wọlé"', 'msgstr ""', "missing: 'Sign in'"),
        ('msgid "Sign in"\nmsgstr "Wọlé"', 'msgid "Sign out"\nmsgstr "Jáde"', "not in the source any more: 'Sign out'"),
        (f'{DRAFT}msgid "Sign in"', f'{DRAFT}#, fuzzy\nmsgid "Sign in"', "fuzzy: 'Sign in'"),
        ("Lo %(least)s ó", "Lo %(most)s ó", "other placeholders"),
        ("Lo %(least)s ó", "Lo ó", "other placeholders"),
        ("ó kéré jù", "100% ó kéré jù", "a percent sign"),
        ("<b>lẹ́tà</b>", "<i>lẹ́tà</i>", "other tags"),
        ("<b>lẹ́tà</b>", "lẹ́tà", "other tags"),
        ('msgstr[0] "iṣẹ́ %(number)s"', 'msgstr[0] ""', "missing: '%(number)s job'"),
        ('msgstr "Wọlé"', 'msgstr "Sign in"', "equal to English: 'Sign in'"),
        ('msgstr "Gaffer"', 'msgstr "Onímọ̀ iná"', "allowed to equal English, and does not"),
        ('msgstr "Wọlé"', 'msgstr "Wọlé "', "a space at an end"),
        ('msgstr "Wọlé"', 'msgstr "Wọlé\\n"', "other lines"),
        (f'{DRAFT}msgid "Sign in"', 'msgid "Sign in"', "not marked as draft or reviewed: 'Sign in'"),
        (f'{DRAFT}msgid "Sign in"', f'{DRAFT}# reviewed: Ada Obi, 2026-12-01\nmsgid "Sign in"', "marked more than once"),
        ("# reviewed: Ada Obi, 2026-12-01", "# checked by Ada", "marked with something unknown (checked by Ada)"),
        ("# reviewed: Ada Obi, 2026-12-01", "# reviewed: Ada Obi, 2026-13-01", "marked with something unknown"),
        ("# reviewed: Ada Obi, 2026-12-01", "# reviewed:", "marked with something unknown"),
    ],
)  # fmt: skip
def test_each_rule_goes_red_on_a_fault(before: str, after: str, fault: str) -> None:
    assert GOOD.count(before) == 1
    found = judged(GOOD.replace(before, after))
    assert any(fault in one for one in found), found


def test_a_language_with_two_forms_needs_both() -> None:
    po = f'{DRAFT}msgid "%(number)s job"\nmsgid_plural "%(number)s jobs"\nmsgstr[0] "aiki %(number)s"\nmsgstr[1] ""\n'
    catalog = files.parsed((files.header("ha") + po).encode(), "ha")
    assert faults("ha", catalog, source_of(GOOD.split('# draft\nmsgid "Gaffer"')[0]), set()) != []
    assert any("a form is missing" in fault for fault in faults("ha", catalog, source_of(GOOD), set()))


@pytest.mark.parametrize("number_in_english", [0, 1])
def test_one_form_in_english_is_not_hidden_by_another(number_in_english: int) -> None:
    said = ["aiki %(number)s", "ayyuka %(number)s"]
    said[number_in_english] = ("%(number)s job", "%(number)s jobs")[number_in_english]
    po = f'{DRAFT}msgid "%(number)s job"\nmsgid_plural "%(number)s jobs"\nmsgstr[0] "{said[0]}"\nmsgstr[1] "{said[1]}"\n'
    found = faults("ha", files.parsed((files.header("ha") + po).encode(), "ha"), source_of(GOOD), set())
    assert "ha: equal to English: '%(number)s job'" in found


def test_who_reviewed_and_when_is_said_in_one_way() -> None:
    assert is_review("reviewed: Ada Obi, 2026-12-01") and is_review("reviewed: A. O., Kano, 2026-12-01")
    assert not any(
        map(is_review, ("reviewed", "reviewed: 2026-12-01", "reviewed: Ada", "Reviewed: Ada, 2026-12-01", "reviewed: Ada, 2026-2-1"))
    )


def test_bringing_a_file_up_to_date_keeps_translations_and_marks_and_lets_go_of_what_is_gone() -> None:
    catalog = files.parsed((files.header("yo") + GOOD.replace(f'{DRAFT}msgid "Sign in"', 'msgid "Sign in"')).encode(), "yo")
    source = source_of(GOOD.replace("Gaffer", "Best boy").replace("Yes, delete it", "Yes, delete it"))
    files.update(catalog, source)
    written = files.written(catalog, "yo")
    again = files.parsed(written, "yo")
    found = {files.key(message): message for message in files.entries(again)}
    assert found["", "Sign in"].user_comments == ["draft"] and found["", "Sign in"].string == "Wọlé"
    assert found["consent", "Yes, delete it"].user_comments == ["reviewed: Ada Obi, 2026-12-01"]
    assert ("", "Gaffer") not in found and not files.is_said(found["", "Best boy"])
    files.update(again, source)
    assert files.written(again, "yo") == written


def test_drafts_about_consent_money_and_safety_are_not_shown_and_make_the_language_a_draft() -> None:
    made = built("yo", files.parsed((files.header("yo") + GOOD).encode(), "yo"))
    assert made.is_draft and ("consent", "Yes, delete it") in {entry[:2] for entry in made.entries}
    drafted = built("yo", files.parsed((files.header("yo") + GOOD.replace("# reviewed: Ada Obi, 2026-12-01", "# draft")).encode(), "yo"))
    assert ("consent", "Yes, delete it") not in {entry[:2] for entry in drafted.entries}
    assert ("", "Sign in") in {entry[:2] for entry in drafted.entries}
    whole = GOOD.replace("# draft", "# reviewed: Ada Obi, 2026-12-01")
    assert not built("yo", files.parsed((files.header("yo") + whole).encode(), "yo")).is_draft
    assert built("yo", files.parsed((files.header("yo") + whole.replace('"Wọlé"', '""')).encode(), "yo")).is_draft


def test_the_afternoon_is_not_called_night_in_igbo() -> None:
    made = built("ig", files.parsed(files.header("ig").encode(), "ig")).calendar
    assert (made.am, made.pm) == ("AM", "PM") and made.months[0] == "Jen"


def test_sentences_are_found_in_templates_in_python_and_in_tables(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(
        'told("In Python with %(n)s", n=1)\ntold_about("money", "Costs")\ncounted("one", "many", 3)\ntold(name)\n'
    )
    (tmp_path / "two.html").write_text(
        '<p>{{ _("In a template") }} {{ about("consent", "You agree") }}{% trans x=1 %}With <b>\n  {{ x }}</b>{% endtrans %}'
        '{% trans "safety" %}Take care{% endtrans %}{{ counted("a cat", "cats", n) }}</p>{{ button(_("Nested")) }}'
    )
    found = {files.key(message): message.id for message in files.entries(collected(tmp_path))}
    for each in (
        ("", "In Python with %(n)s"), ("money", "Costs"), ("", "one"), ("", "In a template"), ("consent", "You agree"), ("", "With <b> %(x)s</b>"),
        ("safety", "Take care"), ("", "a cat"), ("", "Nested"), ("", "Gaffer"), ("money", "%(sum)s a day"), ("", "Sign language"),
    ):  # fmt: skip
        assert each in found, each
    assert found["", "one"] == ("one", "many") and found["", "a cat"] == ("a cat", "cats")


def test_sentences_about_consent_money_and_safety_are_many() -> None:
    contexts = {context for context, _ in NAMED if context}
    assert contexts >= GUARDED
    assert all(sum(each[0] == context for each in NAMED) > 5 for context in GUARDED)
