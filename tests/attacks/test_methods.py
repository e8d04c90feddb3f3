"""Odd methods, odd headers, odd bytes: refused, and nothing breaks."""

import pytest

from portal.core.roles import Role
from tests.attacks.wire import COOKIE, Attacker, speak
from tests.house.test_escalation import HOSTILE_PATHS, ODD_METHODS

pytestmark = [pytest.mark.attack, pytest.mark.one_database]  # HTTP, whatever stores the rows


@pytest.fixture
def admin(ground) -> Attacker:
    return ground.attacker(ground.person(Role.ADMIN, "Ann Admin"))


def request(ground, first: bytes, *lines: bytes, body: bytes = b"") -> tuple[int, str]:
    own = f"Host: 127.0.0.1:{ground.port}".encode()
    head = b"\r\n".join([first, own, *lines, b"Connection: close", b"", b""])
    return speak(ground.port, head + body)


@pytest.mark.parametrize("method", [*ODD_METHODS, "TRACK", "DEBUG", "LINK"])
def test_a_method_that_no_view_has_is_refused(ground, admin, method):
    doors = ground.doors(lambda view: True)
    taken = {url for known, url in doors if known == method}
    others = sorted({("GET", url) for _, url in doors if url not in taken})
    for _, url in others if ground.is_thorough else others[::40]:
        answer = admin.ask(method, url)
        assert answer.status == 405, f"{method} {url}"
        assert admin.cookies[COOKIE] not in answer.text


@pytest.mark.parametrize("name", ["X_HTTP_Method_Override", "X_HTTP_Method", "X_Method_Override"])
def test_no_header_and_no_field_chooses_another_method(ground, admin, name):
    assert admin.get("/sign-out", **{name: "POST"}).status == 405
    assert admin.submit("/api/admin/passkeys/1?_method=DELETE", {"_method": "DELETE"}).status == 405


@pytest.mark.parametrize("path", HOSTILE_PATHS)
def test_a_hostile_address_breaks_nothing(ground, admin, path):
    assert admin.get(path).status < 500
    assert admin.submit(path).status < 500
    assert admin.ask("HEAD", path).status < 500


SMUGGLED = {
    "both lengths": [b"Transfer-Encoding: chunked", b"Content-Length: 5"],
    "two lengths": [b"Content-Length: 5", b"Content-Length: 6"],
    "a length with a sign": [b"Content-Length: +5"],
    "no length at all": [b"Content-Length: five"],
    "a coding of nobody": [b"Transfer-Encoding: xchunked"],
    "two codings": [b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"],
    "a space before the colon": [b"Transfer-Encoding : chunked"],
    "a folded line": [b"X-A: b\r\n c: d"],
    "no name": [b": value"],
    "NUL in a value": [b"X-A: b\x00c"],
}


@pytest.mark.parametrize("kind", SMUGGLED)
def test_a_request_that_could_be_read_in_two_ways_is_answered_once(ground, kind):
    hidden = b"0\r\n\r\nGET /healthz?smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
    first = b"POST /sign-in HTTP/1.1"
    status, heard = request(ground, first, *SMUGGLED[kind], body=hidden)
    assert status == 0 or 400 <= status < 500 or status == 501, heard[:300]
    assert heard.count("HTTP/1.1 ") <= 1


LONG = {
    "one header": [b"X-A: " + b"a" * 65536],
    "many headers": [b"X-%d: a" % n for n in range(500)],
    "a cookie": [b"Cookie: portal_session=" + b"a" * 9000],
}


@pytest.mark.parametrize("kind", LONG)
def test_more_headers_than_anybody_needs_are_refused(ground, kind):
    status, _ = request(ground, b"GET /sign-in HTTP/1.1", *LONG[kind])
    assert status in {0, 400, 413, 431}


ODD_LINES = [
    b"GET /\xff\xfe HTTP/1.1",
    b"GET /staff/%ff%fe HTTP/1.1",
    b"GET /staff/%00 HTTP/1.1",
    b"GET /" + b"a" * 10_000 + b" HTTP/1.1",
    b"GET /sign-in?next=%ff%00 HTTP/1.1",
    b"GET /sign-in HTTP/9.9",
    b"GET\x00 /sign-in HTTP/1.1",
    b"get /sign-in HTTP/1.1",
    b"* * *",
    b"OPTIONS * HTTP/1.1",
    b"CONNECT evil.test:443 HTTP/1.1",
]


@pytest.mark.parametrize("line", ODD_LINES)
def test_a_line_that_is_hardly_http_breaks_nothing(ground, line):
    status, heard = request(ground, line)
    assert status < 500 or status in {501, 505}, heard[:300]
    assert "Traceback" not in heard


ODD_HEADERS = [
    b"Cookie: portal_session=\xff\xfe; session=\xf0\x9f",
    b"Cookie: " + b"; ".join(b"session=%d" % n for n in range(500)),
    b"Accept-Language: " + b"a," * 2000,
    b'If-None-Match: "' + b"\xff" * 100,
    b"If-Modified-Since: Thu, 99 Foo 99999 99:99:99",
    b"Range: bytes=-1,0-,99999999999999999999-",
    b"Authorization: Bearer " + b"\xff" * 60,
    b"Authorization: Basic ====",
    b"Authorization: bearer",
    b"Referer: http://[",
    b"Origin: http://[::",
    b"Content-Type: multipart/form-data; boundary=" + b"x" * 5000,
    b"HX-Request: true\r\nHX-Current-URL: http://[\r\nHX-Target: \xff",
    b"X-Request-ID: \xff\xfe<script>",
    b"Expect: 200-maybe",
    b"Upgrade: websocket",
    b"Accept: \xff/\xff;q=nan",
]


@pytest.mark.parametrize("header", ODD_HEADERS)
def test_an_odd_header_breaks_nothing(ground, header):
    for line in (b"GET /staff HTTP/1.1", b"GET /api/admin/2fa/status HTTP/1.1"):
        assert request(ground, line, header)[0] < 500
    for line in (b"POST /sign-in HTTP/1.1", b"POST /api/admin/auth/login HTTP/1.1"):
        status, heard = request(ground, line, header, b"Content-Length: 2", body=b"{}")
        assert status < 500, heard[:300]
