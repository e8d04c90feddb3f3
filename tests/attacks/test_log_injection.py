"""Whatever is typed or sent, a log line stays one line, and the ledger's rows stay readable."""

import json

import pytest

from portal.audit.actions import Action
from tests.attacks.wire import LOGIN, speak

pytestmark = pytest.mark.attack
BAD = {
    "line breaks": 'a\r\n{"event": "forged-line"}',
    "a terminal": "\x1b[2J\x1b]0;forged-line\x07",
    "NUL": "a\x00forged-line",
    "JSON": '"}\n{"event": "forged-line',
    "separators": "a\u2028forged-line\u2029",
    "directions": "\u202eenil-degrof forged-line",
    "length": "forged-line" + "a" * 300,
}
HIDDEN = set("\x00\x07\r\n\x1b\u2028\u2029\u202e")


def lines_since(ground, place: int) -> list[str]:
    data = (ground.portal.folder / "server.log").read_bytes()[place:]
    return data.decode().splitlines()


def end_of_log(ground) -> int:
    return (ground.portal.folder / "server.log").stat().st_size


def check(lines: list[str]) -> None:
    """Each is one object of ours, says nothing raw and is not beyond all measure."""
    assert lines
    for line in lines:
        assert json.loads(line)["event"] != "forged-line"
        assert line.isprintable(), line
        assert len(line) < 8192


@pytest.mark.parametrize("kind", BAD)
def test_an_address_leaves_one_line_and_one_clean_event(ground, kind):
    begin, before = end_of_log(ground), ground.events(Action.SESSION_PASSWORD_REFUSED)
    answer = ground.stranger().say("POST", LOGIN, {"email": BAD[kind][:320], "password": "x"})
    assert answer.status == 401
    lines = lines_since(ground, begin)
    check(lines)
    assert sum(json.loads(line)["event"] == "request" for line in lines) == 1
    assert ground.events(Action.SESSION_PASSWORD_REFUSED) == before + 1
    stored = json.loads(ground.newest(Action.SESSION_PASSWORD_REFUSED).canonical)
    assert not HIDDEN & set(stored["actor"]["label"])
    assert len(stored["actor"]["label"]) <= 320


@pytest.mark.parametrize("part", ["path", "query", "user agent", "referer", "request id"])
def test_nothing_of_a_request_begins_a_line(ground, part):
    begin = end_of_log(ground)
    evil = "%0d%0a%7b%22event%22%3a%22forged-line%22%7d%1b%5b2J%00%e2%80%a8"
    raw = b'\x1b[2J\x9b{"event": "forged-line"}\xe2\x80\xa8' + b"b" * 5000
    own = f"Host: 127.0.0.1:{ground.port}\r\n".encode()
    target = {"path": f"/{evil}", "query": f"/sign-in?next={evil}"}.get(part, "/sign-in")
    names = {"user agent": b"User-Agent", "referer": b"Referer", "request id": b"X-Request-ID"}
    header = names[part] + b": " + raw + b"\r\n" if part in names else b""
    status, _ = speak(
        ground.port,
        f"GET {target} HTTP/1.1\r\n".encode() + own + header + b"Connection: close\r\n\r\n",
    )
    assert 0 < status < 500
    check(lines_since(ground, begin))


def test_an_agent_of_ten_kilobytes_is_cut_in_the_ledger(ground):
    agent = "x\x1b[2J" + "y" * 7000
    body = {"email": "nobody@boxcostpro.test", "password": "x"}
    ground.stranger().say("POST", LOGIN, body, User_Agent=agent.replace("\x1b", "\x9b"))
    stored = json.loads(ground.newest(Action.SESSION_PASSWORD_REFUSED).canonical)
    assert len(stored["user_agent"]) <= 512
    assert stored["user_agent"].isprintable()


def test_a_search_is_no_line_of_its_own(ground):
    begin, agent = end_of_log(ground), ground.attacker(ground.person())
    for place in ("/support/search?q=", "/audit?q=", "/support/queue/open?q="):
        found = agent.get(place + "%0d%0a%7b%22event%22%3a%22forged-line%22%7d%1b%5b2J")
        assert found.status < 500
    check(lines_since(ground, begin))
