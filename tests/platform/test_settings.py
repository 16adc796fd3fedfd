"""Settings: the plan's names are aliases, production refuses what is missing, short or a placeholder."""

import msgspec
import pytest

from nollycrewhub.platform.settings import BOUNDS, Settings, SettingsError, from_environ, replicas

GOOD = {
    "NOLLYCREWHUB_SHAPE": "production",
    "DATABASE_URL": "postgresql://app@db/nollycrewhub",
    "SESSION_URL": "redis://valkey/0",
    "SECRET": "kR8-2mQx_7vLw0ZtYb4NfJs6Gh1Dc9Ea3Pu5",
    "MAIL_URL": "smtp://mail:587",
    "PUBLIC_URL": "https://nollycrewhub.example",
}


def test_a_good_production_starts() -> None:
    settings = from_environ(GOOD)
    assert isinstance(settings, Settings)
    assert settings.is_production and settings.is_secure
    assert settings.database_direct_url == GOOD["DATABASE_URL"]


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("SECRET", "", "SECRET"),
        ("SECRET", "short", "SECRET"),
        ("SECRET", "dummy_secret_key_dummy_secret_key_", "placeholder"),
        ("SECRET", "changeme" * 6, "placeholder"),
        ("SECRET", "a" * 40, "placeholder"),
        ("SECRET", "abc123" * 7, "placeholder"),
        ("SECRET", "0123456789" * 4, "placeholder"),
        ("SECRET", "abcdefghijk" * 3 + "abc", "placeholder"),
        ("SECRET", "ab1" * 4 + "ba2" * 4 + "a1b2b1aabb", "placeholder"),
        ("SECRET", "your-secret-goes-here-kR8-2mQx_7vLw0", "placeholder"),
        ("SECRET", "kR8-2mQx_7vLw0ZtYb4NfJs6Gh1Dc9E", "SECRET"),
        ("SESSION_SECRET", "dummy_3mQx_7vLw0ZtYb4NfJs6Gh1Dc9Ea3P", "placeholder"),
        ("MAIL_URL", "", "MAIL_URL"),
        ("PUBLIC_URL", "http://nollycrewhub.example", "PUBLIC_URL"),
        ("DATABASE_URL", "", "DATABASE_URL"),
        ("SESSION_URL", "", "SESSION_URL"),
        ("GOOGLE_CLIENT_SECRET", "dummy", "GOOGLE_CLIENT_SECRET"),
        ("GOOGLE_CLIENT_SECRET", "short", "GOOGLE_CLIENT_SECRET"),
        ("GOOGLE_ISSUER", "http://127.0.0.1:9000", "GOOGLE_ISSUER"),
        ("METRICS_TOKEN", "changeme-kR8-2mQx_7vLw0", "METRICS_TOKEN"),
        ("METRICS_TOKEN", "kR8-2mQx", "METRICS_TOKEN"),
        ("DATABASE_URL", "postgresql://app:changeme@db/nollycrewhub", "DATABASE_URL"),
        ("CACHE_URL", "redis://:password@valkey/0", "CACHE_URL"),
        ("MAIL_URL", "smtp://user:dummy_key@mail:587", "MAIL_URL"),
        ("SMS_API_URL", "http://127.0.0.1:9000", "SMS_API_URL"),
        ("SMS_API_KEY", "TLkR82mQx7vLw0ZtYb4", "SMS_WEBHOOK_SECRET"),
        ("SMS_API_KEY", "dummy-key", "placeholder"),
        ("WHATSAPP_API_URL", "http://127.0.0.1:9000", "WHATSAPP_API_URL"),
        ("WHATSAPP_TOKEN", "EAkR82mQx7vLw0ZtYb4", "WHATSAPP_APP_SECRET"),
        ("VAPID_PRIVATE_KEY", "kR82mQx7vLw0ZtYb4NfJs6Gh1Dc9Ea3", "VAPID_SUBJECT"),
        ("MAIL_BOUNCES", "bounces@b.example", "MAIL_WEBHOOK_SECRET"),
        ("ALERT_MAIL", "operators,nobody", "ALERT_MAIL names who is told"),
        ("ALERT_MAIL", "none,ops@b.example", "ALERT_MAIL names who is told"),
        ("ALERT_SMS", "+2348030000000,08030000000", "ALERT_SMS holds something that is no number"),
        ("ALERT_WEBHOOK_URL", "http://hooks.b.example/alerts", "ALERT_WEBHOOK_URL must be an https:// address"),
        ("ALERT_WEBHOOK_URL", "ftp://hooks.b.example/alerts", "ALERT_WEBHOOK_URL"),
        ("ALERT_WEBHOOK_URL", "https://hooks.b.example/alerts", "ALERT_WEBHOOK_URL is set without ALERT_WEBHOOK_SECRET"),
        ("ALERT_WEBHOOK_SECRET", "changeme", "ALERT_WEBHOOK_SECRET"),
        ("ALERTMANAGER_TOKEN", "short", "ALERTMANAGER_TOKEN"),
        ("NOLLYCREWHUB_SHAPE", "prod", "NOLLYCREWHUB_SHAPE has a value of the wrong kind. It is one of laptop, test, production."),
        ("PORT", "eighty", "PORT has a value of the wrong kind. Write a number."),
    ],
)
def test_production_refuses(name: str, value: str, word: str) -> None:
    env = {**GOOD, name: value}
    if name == "SESSION_SECRET":
        del env["SECRET"]
    with pytest.raises(SettingsError) as caught:
        from_environ(env)
    assert any(word in sentence for sentence in caught.value.sentences)


def test_whom_alerts_reach_may_be_named_in_every_way() -> None:
    for given in ("operators", "none", "ops@b.example", "operators, Ada <ada@b.example>"):
        assert from_environ({**GOOD, "ALERT_MAIL": given}).alert_mail == given
    secret = {"ALERT_WEBHOOK_SECRET": "kR8-2mQx_7vLw0ZtYb4NfJs6Gh1Dc9Ea3Pu5"}
    for url in ("https://hooks.b.example/alerts", "http://127.0.0.1:9000/alerts", "http://[::1]:9000/", "http://localhost:9000/"):
        assert from_environ({**GOOD, **secret, "ALERT_WEBHOOK_URL": url}).alert_webhook_url == url


def test_every_number_has_a_least_and_a_most() -> None:
    numbers = {field.name for field in msgspec.structs.fields(Settings) if field.type in (int, float)}
    assert set(BOUNDS) == numbers
    defaults = {field.name: field.default for field in msgspec.structs.fields(Settings)}
    assert [name for name, (least, most) in BOUNDS.items() if not least <= defaults[name] <= most] == []


@pytest.mark.parametrize("name", sorted(BOUNDS))
def test_a_number_out_of_all_sense_is_told_with_what_is_allowed(name: str) -> None:
    least, most = BOUNDS[name]
    for value in (least - 1, most + 1):
        with pytest.raises(SettingsError) as caught:
            from_environ({**GOOD, name.upper(): str(value)})
        assert caught.value.sentences == [f"{name.upper()} is a number from {least} to {most}."]


def test_a_pool_that_keeps_more_than_it_may_hold_is_refused() -> None:
    with pytest.raises(SettingsError) as caught:
        from_environ({**GOOD, "READ_POOL_MOST": "4"})
    assert caught.value.sentences == ["READ_POOL_LEAST (5) is more than READ_POOL_MOST (4). Lower it too."]
    assert from_environ({**GOOD, "READ_POOL_MOST": "4", "READ_POOL_LEAST": "4"}).read_pool_most == 4


def test_addresses_of_all_sound_kinds_are_accepted() -> None:
    for name, value in (
        ("DATABASE_URL", "postgresql://app:p%2Fw@one:5432,two:5433/x?target_session_attrs=primary"),
        ("DATABASE_URL", "postgresql:///x?host=/run/postgresql"),
        ("DATABASE_URL", "postgresql://app@[::1]:5432/x"),
        ("SESSION_URL", "unix:///run/valkey.sock"),
        ("SESSION_URL", "rediss://:word@[::1]:6379/0"),
        ("EDGE_ADDRESSES", "10.0.0.0/8, ::1, 192.0.2.7/24"),
        ("MAIL_FROM", "Films <post@films.example>"),
        ("VAPID_SUBJECT", "https://films.example/contact"),
        ("REGION_URLS", "africa=jnb"),
    ):
        assert from_environ({**GOOD, name: value}), name


def test_a_region_that_people_are_sent_to_has_an_address() -> None:
    env = {**GOOD, "REGION": "africa", "REGION_ROUTING": "redirect", "REGION_URLS": "europe=jnb"}
    with pytest.raises(SettingsError, match="REGION_URLS is no address of such a server"):
        from_environ(env)
    assert from_environ({**env, "REGION_URLS": "europe=https://eu.films.example"})


def test_the_plans_names_are_accepted() -> None:
    env = {
        "DATABASE_URL": "postgresql://app@db/x",
        "REDIS_URL": "redis://valkey/0",
        "READ_REPLICA_URL": "postgresql://reader@replica/x",
        "SESSION_SECRET": GOOD["SECRET"],
        "RENDER_INSTANCE_ID": "srv-1",
    }
    settings = from_environ(env)
    assert settings.session_url == settings.cache_url == "redis://valkey/0"
    assert settings.read_replica_urls == {"africa": "postgresql://reader@replica/x"}
    assert settings.secret == GOOD["SECRET"]
    assert settings.instance_id == "srv-1"


def test_replicas_by_region() -> None:
    assert replicas("africa=postgresql://a/x,europe=postgresql://b/x?application_name=y") == {
        "africa": "postgresql://a/x",
        "europe": "postgresql://b/x?application_name=y",
    }
    assert replicas("") == {}
    many = replicas(
        "africa=postgresql://a/x,africa=postgresql://b/x,postgresql://c/x?user=y,europe=postgresql://d/x,africa=postgresql://e/x"
    )
    assert list(many) == ["africa", "africa-2", "africa-3", "europe", "africa-4"]
    assert many["africa-3"] == "postgresql://c/x?user=y"
