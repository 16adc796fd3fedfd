"""Settings: the plan's names are aliases, production refuses what is missing, short or a placeholder."""

import pytest

from nollycrewhub.platform.settings import Settings, SettingsError, from_environ, replicas

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
        ("MAIL_URL", "", "MAIL_URL"),
        ("PUBLIC_URL", "http://nollycrewhub.example", "PUBLIC_URL"),
        ("DATABASE_URL", "", "DATABASE_URL"),
        ("SESSION_URL", "", "SESSION_URL"),
        ("GOOGLE_CLIENT_SECRET", "dummy", "GOOGLE_CLIENT_SECRET"),
        ("PORT", "eighty", "int"),
    ],
)
def test_production_refuses(name: str, value: str, word: str) -> None:
    with pytest.raises(SettingsError) as caught:
        from_environ({**GOOD, name: value})
    assert any(word in sentence for sentence in caught.value.sentences)


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
