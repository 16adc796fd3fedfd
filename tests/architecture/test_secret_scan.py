"""The scan for secrets finds the formats it knows and values drawn by lot, never says them, and leaves names and words alone."""

import random
import string
from pathlib import Path

import pytest

from checks import secret_scan, tree

TOP = Path(__file__).parents[2]
RNG = random.Random(26)
HEX = RNG.randbytes(16).hex()
LETTERS = "".join(RNG.choices(string.ascii_letters, k=26))
MIXED = "".join(RNG.choices(string.ascii_letters + string.digits, k=24))
PLANTED = [
    "-----BEGIN RSA PRIV" + "ATE KEY-----",
    "key: sk_" + "live_0123456789abcdef",
    "AKIA" + "IOSFODNN7EXAMPLQ",
    "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
    "AIza" + "SyA-0123456789abcdefghijklmnopqrstu",
    "eyJ" + "hbGciOiJIUzI1NiJ9.eyJ" + "zdWIiOiIxMjM0NTY3ODkwIn0.dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    "DATABASE_URL=postgres" + "ql://app:7Hq2mZx9@db/x",
    f'session_secret = "{MIXED}"',
    f"PAYSTACK_API_KEY: {MIXED}",
    f'SESSION_SECRET="{HEX}"',
    f"SESSION_SECRET={HEX.upper()}",
    f'KEY: Final[str] = "{HEX}"',
    f'SIGNING_KEY = bytes.fromhex("{HEX}")',
    f'PASSWORD = (\n    "{HEX}"\n)',
    f"pepper = b'{HEX[:16]}'",
    f'os.environ["WEBHOOK_SECRET"] = "{HEX}"',
    f'environ.setdefault("ADMIN_PASSWORD", "{HEX}")',
    f'{{"token": "{HEX}"}}',
    f'ADMIN_PASSWORD = "{MIXED[:6]}A1!#%b"',
    f"Authorization: Bearer {HEX}",
    f'API_TOKEN="{LETTERS}"',
    f"API_TOKEN: str = '{LETTERS}'",
]
INNOCENT = [
    "SECRET=",
    "token = session.new_token_for(person_id)",
    "password: str",
    "postgresql://app@db/x",
    'SECRET = "the-lazy-dog-the-lazy-dog"',
    "key = accountsAndProfilesByHandle",
    f'digest = "{HEX}"',
    'cache_key = "jobs/list/newest.first"',
    'PASSWORD = "correct horse battery staple"',
    'PASSWORD = "Password1Password1"',
    'token = "00ff00ff00ff00ff00ff00ff00ff00ff"',
    'order_key = "20261125095033001234"',
    "tokens: dict[str, NotificationPreferences] = field(default_factory=dict)",
]


@pytest.mark.parametrize("text", PLANTED, ids=range(len(PLANTED)))
@pytest.mark.parametrize("name", ["settings.env", "leak.py"])
def test_a_planted_secret_is_found_and_not_said(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(f"ordinary = 1\n{text}\n")
    found = secret_scan.secrets(tmp_path)
    assert len(found) >= 1
    assert found[0].startswith((f"{name}:2 ", f"{name}:3 "))
    assert not any(value in " ".join(found) for value in (text[-10:], HEX, LETTERS, MIXED))


def test_letters_without_quotes_are_a_value_where_there_is_no_code(tmp_path: Path) -> None:
    (tmp_path / "settings.env").write_text(f"API_TOKEN={LETTERS}\n")
    (tmp_path / "service.py").write_text(f"token = {LETTERS}\n")
    assert [fault.split(":")[0] for fault in secret_scan.secrets(tmp_path)] == ["settings.env"]


@pytest.mark.parametrize("text", INNOCENT)
def test_innocent_words_are_no_secrets(tmp_path: Path, text: str) -> None:
    (tmp_path / "service.py").write_text(text)
    assert secret_scan.secrets(tmp_path) == []


def test_every_known_value_has_its_reason_and_is_still_there() -> None:
    assert all(len(reason.split()) >= 4 for reason in secret_scan.KNOWN.values())
    met = {secret_scan.mark(value) for path in tree.tracked(TOP) if path.suffix == ".py"
           for _, _, value in secret_scan.suspects(tree.text_of(path), is_code=True)}  # fmt: skip
    assert set(secret_scan.KNOWN) - met == set()
