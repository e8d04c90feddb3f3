"""Too much and too deep: refused soon, and nothing breaks."""

import time

import pytest

from portal.core.roles import Role
from tests.attacks.wire import LOGIN, Attacker, speak
from tests.cast import sudo_until

pytestmark = pytest.mark.attack
MEGABYTE = 1024 * 1024
SOON = 5  # seconds: one on a quiet machine, more beside other tests
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"


@pytest.fixture
def admin(ground) -> Attacker:
    person = ground.person(Role.ADMIN, "Ann Admin")
    return ground.attacker(person, sudo_until=sudo_until(), sudo_method="totp")


def part(name: str, text: str = "", filename: str = "") -> bytes:
    file = f'; filename="{filename}"' if filename else ""
    return f'--x\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n{text}\r\n'.encode()


def bodies(token: str) -> dict[str, tuple[str, bytes]]:
    proof = part("csrf_token", token)
    return {
        "one field": (FORM, f"csrf_token={token}&name=".encode() + b"a" * 600_000),
        "one field of parts": (MULTIPART, proof + part("name", "a" * 600_000) + b"--x--\r\n"),
        "a megabyte and more": (FORM, f"csrf_token={token}&name=".encode() + b"a" * MEGABYTE),
        "ten thousand parts": (MULTIPART, proof + part("a") * 10_000 + b"--x--\r\n"),
        "a thousand files": (MULTIPART, proof + part("f", "", "a.txt") * 1001 + b"--x--\r\n"),
    }


@pytest.mark.parametrize("kind", bodies(""))
def test_more_than_a_form_may_weigh_is_refused_soon(ground, admin, kind):
    media, body = bodies(admin.form_token)[kind]
    started = time.perf_counter()
    answer = admin.ask(
        "POST", "/customers/tenants/new", body, Content_Type=media, Sec_Fetch_Site="same-origin"
    )
    # A form of plain fields is read as a whole, up to a megabyte: there the field itself says no.
    assert answer.status == (422 if kind == "one field" else 413)
    assert time.perf_counter() - started < SOON


LIES = {
    "more than comes": b"Content-Length: 900\r\n\r\nshort",
    "a hundred gigabytes": b"Content-Length: 107374182400\r\n\r\n" + b"a" * 100_000,
    "chunks without an end": b"Transfer-Encoding: chunked\r\n\r\n" + b"10000\r\n" * 3,
    "chunks of no size": b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc",
    "a packed body": b"Content-Encoding: gzip\r\nContent-Length: 10\r\n\r\n\x1f\x8b" + b"\0" * 8,
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_about_the_length_is_no_failure(ground, lie):
    own = f"Host: 127.0.0.1:{ground.port}\r\nConnection: close\r\n".encode()
    kind = b"Content-Type: application/json\r\n"
    status, heard = speak(
        ground.port, b"POST " + LOGIN.encode() + b" HTTP/1.1\r\n" + own + kind + LIES[lie]
    )
    assert status < 500, heard[:500]
    assert status != 200
    assert ground.stranger().get("/healthz").status == 200


DEEP = {
    "nested arrays": b"[" * 100_000 + b"]" * 100_000,
    "nested objects": b'{"email":' * 50_000 + b"1" + b"}" * 50_000,
    "a long number": b'{"email": ' + b"9" * 100_000 + b"}",
    "many keys": b"{" + b",".join(b'"k%d": 1' % n for n in range(50_000)) + b"}",
    "a long address": b'{"email": "a@' + b"a." * 5000 + b'", "password": "x"}',
    "a long local part": b'{"email": "' + b"a" * 50_000 + b'!", "password": "x"}',
    "not a number": b'{"email": NaN, "password": Infinity}',
    "a broken escape": b'{"email": "\\ud800", "password": "\\u0000"}',
}


@pytest.mark.parametrize("kind", DEEP)
def test_a_document_made_to_be_read_slowly_is_refused_soon(ground, kind):
    started = time.perf_counter()
    answer = ground.stranger().ask(
        "POST", LOGIN, DEEP[kind], Content_Type="application/json", Sec_Fetch_Site="same-origin"
    )
    assert answer.status in {400, 401, 413, 422}, answer.text
    assert time.perf_counter() - started < SOON


SLOW_TEXTS = {
    "letters": "a" * 1500 + "!",
    "quotes": '"' * 1500,
    "brackets": "(" * 1500,
    "words": "or " * 500,
    "wildcards": "%_" * 700,
    "minus": "-" * 1500,
    "colons": "tag:" * 300,
    "spaces": " " * 1400 + "a",
}
SEARCHES = ("/support/search?q=", "/audit?q=", "/staff?q=", "/customers?q=", "/coupons?q=")


@pytest.mark.parametrize("kind", SLOW_TEXTS)
def test_a_search_made_to_be_slow_is_not(ground, admin, kind):
    for place in SEARCHES:
        started = time.perf_counter()
        answer = admin.get(
            place + SLOW_TEXTS[kind].replace("%", "%25").replace(" ", "+").replace('"', "%22")
        )
        assert answer.status < 500, place
        assert time.perf_counter() - started < SOON, place
