"""Which language a request is answered in."""

import pytest
from babel import Locale

from nollycrewhub.kit.told import ENGLISH, Catalogue
from nollycrewhub.platform.languages import LANGUAGES, Chooser, is_english_only
from nollycrewhub.platform.languages.choosing import LONGEST, MOST_HEARD

OFFERED = {code: ENGLISH if code == "en" else Catalogue(code, {}, form=LANGUAGES[code].form) for code in LANGUAGES}


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("", "en"), ("en-NG,en;q=0.9", "en"), ("yo", "yo"), ("YO-ng", "yo"), ("fr, ha;q=0.7, ig;q=0.8", "ig"), ("ig;q=0, yo;q=0.1", "yo"),
        ("en;q=0.5, pcm", "pcm"), ("*", "en"), ("*, yo;q=0.5", "en"), ("fr, *;q=0.1", "en"), ("yo;q=2, ha;q=0.001", "ha"), ("yo;q=x, ig", "ig"),
        (";;;,,,q=1", "en"), ("yo;q=0.9,ha;q=0.9", "yo"), ("\x00\xff, ha", "ha"), ("yoruba, ig", "ig"), ("yo;level=1, ig;q=0.2", "ig"),
        ("ha ; q=0.4 , yo ; q=0.6", "yo"), ("x" * 10_000, "en"), ("yo," * 5_000, "yo"), ("x," * 99 + "yo", "en"),
    ],
)  # fmt: skip
def test_the_browser_is_asked(accept: str, wanted: str) -> None:
    chooser = Chooser(OFFERED)
    assert [chooser.of(b"", accept.encode("latin-1")) for _ in range(2)] == [wanted, wanted]


@pytest.mark.parametrize(
    ("cookie", "wanted"),
    [
        (b"language=ha", "ha"), (b"a=1; language=ig; b=2", "ig"), (b"a=1;language=ig", "ig"), (b"xlanguage=ig", "yo"), (b"language=", "yo"),
        (b"language=de", "yo"), (b"a=language=ig", "yo"), (b"language=en", "en"), (b"language=ha; language=ig", "ha"), (b"language=\xff", "yo"),
    ],
)  # fmt: skip
def test_a_choice_comes_before_the_browser(cookie: bytes, wanted: str) -> None:
    assert Chooser(OFFERED).of(cookie, b"yo") == wanted


def test_what_browsers_ask_for_is_kept_within_bounds() -> None:
    chooser = Chooser(OFFERED)
    for number in range(3 * MOST_HEARD):
        chooser.of(b"", f"yo, x{number}".encode())
    chooser.of(b"", b"ha," * 100_000)
    assert len(chooser.heard) <= MOST_HEARD and max(map(len, chooser.heard)) <= LONGEST


def test_a_language_that_is_not_offered_is_nobodys() -> None:
    alone = Chooser({"en": ENGLISH})
    assert alone.of(b"language=yo", b"yo") == "en" and alone.heard == {} and alone.reader("yo") is ENGLISH
    assert Chooser({"en": ENGLISH, "ig": OFFERED["ig"]}).of(b"language=yo", b"yo, ig;q=0.1") == "ig"


def test_plural_rules_are_those_of_cldr() -> None:
    for code, language in LANGUAGES.items():
        rule = Locale.parse(code).plural_form
        forms = sorted(rule.tags | {"other"}, key=["one", "other"].index)
        assert int(language.plurals[len("nplurals=")]) == len(forms)
        assert [language.form(number) for number in range(200)] == [forms.index(rule(number)) for number in range(200)], code


@pytest.mark.parametrize("path", ["/api/jobs", "/ops", "/ops/people", "/docs", "/docs/jobs", "/dev/gallery", "/problems/gone"])
def test_what_is_for_programs_developers_and_operators_stays_english(path: str) -> None:
    assert is_english_only(path)


@pytest.mark.parametrize("path", ["/", "/jobs", "/me", "/me/jobs", "/signin", "/talent/ada", "/offline"])
def test_pages_for_people_are_in_their_language(path: str) -> None:
    assert not is_english_only(path)
