"""Passwords, addresses, who sees which field, and where one may be sent on to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nollycrewhub.contracts.users import money_for
from nollycrewhub.domains.users import rules
from nollycrewhub.platform.security import SAMPLE_PASSWORD


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short", "at least 8"), ("a" * 257, "at most 256"), ("Nigeria123", "first ones a thief tries"), ("aaaaaaaaaa", "first ones"),
        ("12345678", "first ones"), ("zyxwvutsrq", "first ones"), ("Ngozi Okafor", "own name"), ("rofakO izogN", "own name"),
        ("ngozi.okafor", "own name or address"), ("abababababab", "first ones"),
    ],
)  # fmt: skip
def test_weak_passwords_are_refused_in_words(password: str, words: str) -> None:
    fault = rules.password_fault(password, name="Ngozi Okafor", address="Ngozi.Okafor@example.com")
    assert fault is not None and words in fault


@pytest.mark.parametrize("password", ["three unusual words", "ọmọlará-na-àdúrà", "        1 space", "a" * 200 + "bcd"])
def test_long_or_odd_passwords_are_fine(password: str) -> None:
    assert rules.password_fault(password) is None
    assert rules.password_fault(password, name="Ada", address="ada@example.com") is None


def test_the_sample_password_cannot_be_chosen() -> None:
    assert rules.password_fault(SAMPLE_PASSWORD) is not None


@pytest.mark.parametrize(("text", "run"), [("12345678", True), ("hgfedcba", True), ("12345679", False), ("11111111", False), ("a", False)])
def test_runs(text: str, run: bool) -> None:
    assert rules.is_run(text) is run


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        (" Ada@Example.COM ", "ada@example.com"), ("a+b@mail.co.uk", "a+b@mail.co.uk"), ("ada", None), ("ada@example", None), ("@example.com", None),
        ("a..b@example.com", None), ("ada@-example.com", None), ("ada obi@example.com", None), ("<ada@example.com>", None), ("a" * 64 + "@" + "b" * 250 + ".com", None),
        ("ada@example.com\n", "ada@example.com"), ("ada\n@example.com", None), ("ada@exam\nple.com", None),
    ],
)  # fmt: skip
def test_addresses(text: str, normal: str | None) -> None:
    assert rules.normal_email(text) == normal


@given(st.text(max_size=60))
def test_a_normal_address_is_a_fixed_point(text: str) -> None:
    found = rules.normal_email(f"{text}@example.com")
    if found is not None:
        assert rules.normal_email(found) == found
        assert "\n" not in found and "\r" not in found


@pytest.mark.parametrize(
    ("setting", "owner", "member", "stranger"),
    [("public", True, True, True), ("members", True, True, False), ("private", True, False, False)],
)
def test_who_sees_a_field(setting: str, owner: bool, member: bool, stranger: bool) -> None:
    settings = {"bio": setting}
    assert rules.is_visible("bio", settings, "owner") is owner
    assert rules.is_visible("bio", settings, "member") is member
    assert rules.is_visible("bio", settings, "stranger") is stranger
    assert rules.is_visible("town", settings, "stranger")


@given(st.dictionaries(st.sampled_from(rules.HIDEABLE), st.sampled_from([*rules.VISIBILITIES, "nonsense"])))
def test_a_stranger_never_sees_more_than_a_member_nor_a_member_more_than_the_owner(settings: dict[str, str]) -> None:
    fields = dict.fromkeys(rules.HIDEABLE, "x")
    stranger, member, owner = (set(rules.visible(fields, settings, who)) for who in ("stranger", "member", "owner"))
    assert stranger <= member <= owner == set(rules.HIDEABLE)
    assert "nonsense" not in {settings.get(name) for name in member}


@pytest.mark.parametrize(("after", "before", "narrower"), [
    ("private", "public", True), ("private", "members", True), ("members", "public", True), ("members", "members", False),
    ("members", "private", False), ("public", "private", False),
])  # fmt: skip
def test_what_fewer_may_see_is_narrower(after: str, before: str, narrower: bool) -> None:
    assert rules.is_narrower(after, before) is narrower
    assert rules.hides_more({"town": after}, {"town": before}) is narrower
    assert not rules.hides_more({}, {"town": before})


def test_who_hides_the_name_has_a_label_that_tells_nothing() -> None:
    assert rules.label("Ada Obi", "ada-obi", {}, "stranger") == "Ada Obi"
    assert rules.label("Ada Obi", "member-123", {"name": "members"}, "stranger") == "Member 123"
    assert rules.label("Ada Obi", "member-123", {"name": "members"}, "member") == "Ada Obi"
    assert rules.label("Ada Obi", "ada-obi", {"name": "private"}, "member") == "A member"
    assert rules.label("Ada Obi", "member-123", {"name": "private"}, "owner") == "Ada Obi"


def test_the_photo_of_an_unlisted_person_is_not_public() -> None:
    assert rules.photo_setting({}, is_listed=True) == "public"
    assert rules.photo_setting({}, is_listed=False) == "members"
    assert [rules.photo_setting({"photo": "private"}, is_listed=listed) for listed in (True, False)] == ["private", "private"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Chidinma Okonkwo-Eze", "Chidinma Okonkwo-Eze"),
        ("Oluwaseun Adebayo-Williams Fashola", "Oluwaseun"),
        ("O" * 24, "O" * 24),
        ("O" * 80, "O" * 23 + "…"),
    ],
)
def test_a_long_name_is_shown_short(name: str, shown: str) -> None:
    assert rules.short_name(name) == shown


def test_settings_are_stored_only_where_they_hide() -> None:
    assert rules.clean_visibility({"bio": "private", "town": "public", "rate": "members"}) == {"bio": "private", "rate": "members"}
    with pytest.raises(ValueError, match="no field email"):
        rules.clean_visibility({"email": "private"})
    with pytest.raises(ValueError, match="bio can be"):
        rules.clean_visibility({"bio": "friends"})


@pytest.mark.parametrize("path", ["/me", "/jobs/1/apply", "/jobs?q=a%20b"])
def test_a_local_path_is_kept(path: str) -> None:
    assert rules.safe_next(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "me",
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/a\\b",
        "/a\nb",
        "/a\tb",
        "javascript:alert(1)",
        "/ọ",
        "/a b",
        "/" + "a" * 300,
    ],
)
def test_any_other_leads_home(path: str | None) -> None:
    assert rules.safe_next(path) == "/me"


@pytest.mark.parametrize(
    ("agent", "label"),
    [
        ("Mozilla/5.0 (Linux; Android 12) Chrome/120 Mobile Safari/537", "Chrome on Android"), ("Mozilla/5.0 (iPhone) Safari/604", "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/120 Safari Edg/120", "Edge on Windows"), ("Mozilla/5.0 (Macintosh; Mac OS X) Firefox/130", "Firefox on Mac"),
        ("curl/8", "A program"), ("okhttp Linux", "A program on Linux"), ("Firefox", "Firefox"),
    ],
)  # fmt: skip
def test_devices_have_names(agent: str, label: str) -> None:
    assert rules.device_label(agent) == label


def test_each_part_of_the_money_for_codes_has_its_own_and_strangers_spend_none_of_the_reserve() -> None:
    assert [money_for(part, 2_000_000) for part in ("joining", "recovery", "signing_in")] == [1_000_000, 500_000, 500_000]
    assert {rules.part_of(is_confirmed=False, has_password=known) for known in (False, True)} == {"joining"}
    assert [rules.part_of(is_confirmed=True, has_password=known) for known in (False, True)] == ["recovery", "signing_in"]
