"""Who may be fired at: this machine, or the one host that is named as one's own. Every other way of writing a host is refused."""

import asyncio
from collections.abc import Sequence
from random import Random

import pytest

from nollycrewhub.cli.main import main
from nollycrewhub.loadtest.line import Ask, Lines
from nollycrewhub.loadtest.sockets import Crowd
from nollycrewhub.loadtest.targets import Target, TargetRefused, allowed, looked_up

HOSTS = {
    "localhost": ["127.0.0.1", "::1"], "mine.test": ["127.0.0.1"], "six.test": ["::1"], "away.test": ["203.0.113.7"],
    "both.test": ["127.0.0.1", "203.0.113.7"], "nothing.test": [], "127.0.0.1.away.test": ["203.0.113.7"],
}  # fmt: skip


def resolve(host: str, _: int) -> Sequence[str]:
    """A resolver with a few names in it."""
    if host not in HOSTS:
        raise OSError("Name or service not known")
    return HOSTS[host]


@pytest.mark.parametrize(
    ("url", "connects_to", "says"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1", "127.0.0.1:8000"),
        ("http://127.0.0.1:8000/", "127.0.0.1", "127.0.0.1:8000"),
        ("http://127.8.9.10", "127.8.9.10", "127.8.9.10"),
        ("HTTP://LOCALHOST:8000", "127.0.0.1", "localhost:8000"),
        ("http://[::1]:8000", "::1", "[::1]:8000"),
        ("http://[0:0:0:0:0:0:0:1]:8000", "::1", "[0:0:0:0:0:0:0:1]:8000"),
        ("http://[::ffff:127.0.0.1]:80", "::ffff:7f00:1", "[::ffff:127.0.0.1]"),
        ("https://mine.test:8443", "127.0.0.1", "mine.test:8443"),
        ("http://six.test:1", "::1", "six.test:1"),
    ],
)
def test_this_machine_may_be_fired_at(url: str, connects_to: str, says: str) -> None:
    found = allowed(url, resolve=resolve)
    assert (found.is_here, found.authority) == (True, says)
    assert found.address in (connects_to, "::ffff:127.0.0.1")


TRICKS = [
    "http://away.test", "https://away.test", "http://10.0.0.1", "http://192.168.1.1:8000", "http://169.254.169.254", "http://0.0.0.0:8000",
    "http://[::]:8000", "http://[2001:db8::1]", "http://[::ffff:203.0.113.7]", "http://[fe80::1%25lo]:8000", "http://[::1%25lo]",
    "http://127.0.0.1@away.test", "http://away.test@127.0.0.1", "http://user:word@127.0.0.1:8000", "http://127.0.0.1:80@away.test:80",
    "http://127.0.0.1\\@away.test", "http://away.test\\@127.0.0.1", "http://127.0.0.1#@away.test", "http://away.test#@127.0.0.1",
    "http://127.0.0.1?@away.test", "http://127.0.0.1/@away.test", "http://127.0.0.1.away.test", "http://both.test", "http://nothing.test",
    "http://nobody.test", "http://localhost.", "http://127.1", "http://2130706433", "http://0x7f.0.0.1", "http://0x7f000001", "http://0177.0.0.1",
    "http://127.0.0.1:0", "http://127.0.0.1:", "http://127.0.0.1:99999", "http://127.0.0.1:8000/jobs", "ftp://127.0.0.1", "127.0.0.1:8000",
    "//127.0.0.1", "http:127.0.0.1", "http://", "", "http://127.0.0.1 away.test", "http://127.0.0.1\taway.test", "http://①②⑦.0.0.1",
    "http://loсalhost", "http://-bad.test", "http://[::1", "http://*.test",
]  # fmt: skip


@pytest.mark.parametrize("url", TRICKS)
def test_nobody_else_may_however_the_host_is_written(url: str) -> None:
    with pytest.raises(TargetRefused):
        allowed(url, resolve=resolve)


@pytest.mark.parametrize("url", [one for one in TRICKS if "away.test" in one and one not in ("http://away.test", "https://away.test")])
def test_naming_a_host_as_ones_own_opens_that_host_alone(url: str) -> None:
    with pytest.raises(TargetRefused):
        allowed(url, owned="127.0.0.1", resolve=resolve)


def test_a_host_of_ones_own_must_be_named_exactly() -> None:
    assert allowed("https://away.test", owned="away.test", resolve=resolve) == Target("https", "away.test", 443, "203.0.113.7", False)
    assert allowed("http://AWAY.test", owned="Away.test", resolve=resolve).host == "away.test"
    assert allowed("http://10.0.0.1:81", owned="10.0.0.1", resolve=resolve).address == "10.0.0.1"
    for other in ("test", "www.away.test", "away.test.", "away.test:443", "https://away.test", "*.test", "203.0.113.7", "*"):
        with pytest.raises(TargetRefused, match="Both must be the same"):
            allowed("https://away.test", owned=other, resolve=resolve)


def test_the_refusal_says_what_to_do() -> None:
    with pytest.raises(TargetRefused, match=r"--i-own-this-host away\.test"):
        allowed("https://away.test", resolve=resolve)


def test_the_systems_own_lookup_knows_this_machine() -> None:
    assert allowed("http://localhost:8000").is_here
    assert "127.0.0.1" in looked_up("localhost", 80)


def test_the_command_refuses_before_anything_is_sent(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--target", "http://203.0.113.7"], ["--target", "http://203.0.113.7", "--i-own-this-host", "203.0.113.8"]):
        assert main(["loadtest", "mix", *words]) == 2
        assert "not on this machine" in capsys.readouterr().err


async def test_a_name_that_moves_after_it_was_judged_changes_nothing() -> None:
    """The connection goes to the judged address: the name is not asked again, and nothing could be found under it."""
    taken: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    lines = Lines(allowed(f"http://mine.test:{port}", resolve=resolve), Random(1))
    assert (await lines.ask(Ask("one", "GET", "/"))).body == b"ok"
    assert f"Host: mine.test:{port}" in taken[0]
    lines.close()
    server.close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_nobody_goes_where_an_answer_points(status: int) -> None:
    """Neither a request nor the handshake of an open page: the other server hears nothing."""
    heard: list[bytes] = []

    async def elsewhere(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(100))

    other = await asyncio.start_server(elsewhere, "127.0.0.1", 0)
    there = other.sockets[0].getsockname()[1]

    async def points(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {status} Over There\r\nLocation: http://127.0.0.1:{there}/\r\nContent-Length: 0\r\n\r\n".encode())

    server = await asyncio.start_server(points, "127.0.0.1", 0)
    lines = Lines(allowed(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"), Random(1))
    assert (await lines.ask(Ask("one", "GET", "/"))).status == status
    crowd = Crowd(lines, 1)
    await crowd.open(0.01)
    await asyncio.wait(crowd.tasks, timeout=5)
    found = await crowd.close()
    assert (found.opened, found.refused, heard) == (0, 1, [])
    for each in (server, other):
        each.close()
    lines.close()
