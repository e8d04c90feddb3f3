"""Small files that grow when they are opened: the portal opens none, and keeps what it was given.

What it does read (a table of customers, a form, a bundle of the log) is bounded before it grows.
"""

import time
from itertools import count
from pathlib import Path

import pytest

from portal.core.roles import Role
from tests.attacks import bombs
from tests.attacks.ground import Ground
from tests.attacks.wire import LOGIN, Attacker, Reply
from tests.audit.bundling import run
from tests.cast import make_tenant, make_user, sudo_until
from tests.support.desk import make_ticket

pytestmark = pytest.mark.attack
MOST_GROWTH = 200  # MiB of a process
SOON = 10  # seconds: one or two on a quiet machine, more beside other tests
BOMBS = {
    "poster.png": (lambda: bombs.picture(bombs.HUNDRED_MEGAPIXELS, bombs.HUNDRED_MEGAPIXELS)),
    "says-it-is-huge.png": (lambda: bombs.picture(bombs.LARGEST_SIDE, 1)),
    "letter.docx": bombs.document,
    "42.zip": bombs.matryoshka,
    "deep.eml": bombs.nested_mail,
    "parts.eml": bombs.many_parts,
    "laughs.svg": bombs.laughs,
    "nothing.gz": lambda: bombs.packed(bombs.UNPACKED),
}

numbers = count(1)


class Desk:
    """An agent before a ticket, on a portal whose processes are watched."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        with ground.inside():
            self.number = make_ticket(
                make_user(make_tenant(external_id=f"bombed-{next(numbers)}"))
            ).number
        person = ground.person(Role.ADMIN, "Ann Admin")
        self.agent: Attacker = ground.attacker(person, sudo_until=sudo_until(), sudo_method="totp")

    def send(self, path: str, name: str, data: bytes, field: str = "files") -> Reply:
        """A form with one file."""
        parts = {"csrf_token": self.agent.form_token, "body": "See the file."}
        fields = "".join(
            f'--x-x\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
            for key, value in parts.items()
        )
        head = f'--x-x\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
        body = (fields + head).encode() + data + b"\r\n--x-x--\r\n"
        kind = "multipart/form-data; boundary=x-x"
        return self.agent.ask("POST", path, body, Content_Type=kind, Sec_Fetch_Site="same-origin")


@pytest.fixture
def desk(proxied: Ground) -> Desk:
    return Desk(proxied)


@pytest.fixture
def bounded(proxied: Ground):
    """What is done in this test takes neither long nor much memory."""
    before, started = proxied.memory(), time.perf_counter()
    yield
    spent, grown = time.perf_counter() - started, proxied.memory() - before
    assert spent < SOON, f"{spent:.1f} seconds"
    assert grown < MOST_GROWTH, f"{grown:.0f} MiB"


@pytest.fixture(scope="session")
def made() -> dict[str, bytes]:
    """Made once, for all databases, and outside of what is timed."""
    return {name: make() for name, make in BOMBS.items()}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_beside_a_message_is_kept_and_handed_out_unopened(desk, made, bounded, name):
    answer = desk.send(f"/support/tickets/{desk.number}/note", name, made[name])
    assert answer.status == 303, answer.text
    page = desk.agent.get(f"/support/tickets/{desk.number}").text
    place = page.partition("/support/attachments/")[2].partition('"')[0].partition("?")[0]
    found = desk.agent.ask("GET", f"/support/attachments/{place}")
    assert found.status == 200
    assert int(found.header("Content-Length")) == len(made[name])
    assert found.header("Content-Security-Policy") == "default-src 'none'; sandbox"


@pytest.mark.parametrize("name", ["letter.docx", "poster.png", "deep.eml", "nothing.gz"])
def test_a_bomb_instead_of_a_table_is_refused(desk, made, bounded, name):
    answer = desk.send("/customers/imports", name, made[name], field="file")
    assert answer.status in {413, 422}


@pytest.mark.parametrize("path", [LOGIN, "/customers/tenants/new"])
def test_a_packed_body_is_never_unpacked(desk, made, bounded, path):
    body = made["nothing.gz"]
    for kind in ("application/json", "application/x-www-form-urlencoded"):
        sent = {"Content_Type": kind, "Content_Encoding": "gzip", "Sec_Fetch_Site": "same-origin"}
        assert desk.agent.ask("POST", path, body, **sent).status == 415


@pytest.mark.parametrize("name", ["deep.eml", "parts.eml"])
def test_a_form_of_forms_is_refused(desk, made, bounded, name):
    head, _, body = made[name].partition(b"\r\n\r\n")
    kind = head.decode().partition(": ")[2].replace("mixed", "form-data")
    sent = {"Content_Type": kind, "Sec_Fetch_Site": "same-origin"}
    answer = desk.agent.ask("POST", "/customers/tenants/new", body, **sent)
    assert 400 <= answer.status < 500


def test_a_bundle_of_the_log_that_is_a_bomb_is_found_wrong_soon(tmp_path: Path):
    """The program that an auditor runs on what they were handed."""
    (tmp_path / "bundle.zip").write_bytes(
        bombs.zipped("events.jsonl", "index.jsonl", "checkpoint.txt")
    )
    started = time.perf_counter()
    found = run(tmp_path, str(tmp_path / "bundle.zip"), "--json")
    assert found.code in {1, 2}
    assert time.perf_counter() - started < SOON
