"""What breaks says a request id and nothing about how the portal is made."""

import re

import pytest

from portal.core.roles import Role
from tests.attacks.wire import LOGIN, Attacker

pytestmark = pytest.mark.attack
TELLING = re.compile(
    r"Traceback|File \"/|sqlalchemy|werkzeug|jinja2|psycopg|sqlite3|SELECT .* FROM|"
    r"flask|gunicorn/|python/|site-packages|EVALEX",
    re.IGNORECASE,
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@pytest.fixture
def admin(ground) -> Attacker:
    return ground.attacker(ground.person(Role.ADMIN, "Ann Admin"))


def provoked(admin: Attacker, stranger: Attacker) -> list:
    big = b"csrf_token=x&name=" + b"a" * 1_100_000
    kind = {"Content_Type": "application/x-www-form-urlencoded"}
    return [
        admin.get("/no-such-page"),
        admin.get("/api/no-such-page"),
        admin.ask("PUT", "/sign-in"),
        admin.ask("DELETE", "/api/coupons"),
        admin.ask("POST", "/customers/tenants/new", big, Sec_Fetch_Site="same-origin", **kind),
        admin.say("POST", "/api/coupons", {}),
        admin.get("/customers/tenants/2147483000"),
        stranger.say("POST", LOGIN, {"email": "a"}),
        stranger.ask("POST", LOGIN, b"{oh", Content_Type="application/json"),
        stranger.ask("POST", LOGIN, b"[" * 100_000, Content_Type="application/json"),
        stranger.ask("POST", LOGIN, b"{}", Content_Type="text/xml"),
        stranger.get("/reset-password/" + "x" * 43),
        stranger.get("/static/../wsgi.py"),
        stranger.get("/static/%2e%2e/wsgi.py"),
    ]


def test_an_error_page_tells_nothing_and_keeps_every_header(ground, admin):
    answers = provoked(admin, ground.stranger())
    assert {answer.status for answer in answers} >= {400, 404, 405, 413, 415, 422}
    for answer in answers:
        assert 400 <= answer.status < 500, answer
        assert not TELLING.search(answer.text), answer.text
        assert "default-src 'none'" in answer.header("Content-Security-Policy")
        assert "frame-ancestors 'none'" in answer.header("Content-Security-Policy")
        for name, value in HEADERS.items():
            assert answer.header(name) == value, name
        assert answer.header("X-Request-ID") in answer.text


def test_no_header_names_a_version(ground):
    for place in ("/sign-in", "/healthz", "/static/css/none.css", "/api/openapi.json"):
        answer = ground.stranger().get(place)
        assert not re.search(r"\d+\.\d+", answer.header("Server"))
        assert not answer.header("X-Powered-By")


@pytest.mark.parametrize(
    "place",
    [
        "/console",
        "/?__debugger__=yes&cmd=resource&f=style.css",
        "/sign-in?__debugger__=yes&cmd=printpin&s=x",
        "/.env",
        "/.git/config",
        "/wsgi.py",
        "/instance/keys/secret_key",
        "/static/..%2finstance/keys/secret_key",
        "/static/../instance/keys/secret_key",
        "/admin",
        "/server-status",
    ],
)
def test_no_door_of_a_developer_stands_open(ground, place):
    answer = ground.stranger().get(place)
    assert answer.status in {303, 404} or place.startswith("/sign-in?")
    assert not TELLING.search(answer.text)


def test_nobody_signs_in_with_what_others_ship(ground):
    """No account is there that was not made on purpose."""
    for name in ("admin", "root", "owner", "demo"):
        for password in ("admin", "password", "changeme", "demo"):
            ground.forget_failures()
            body = {"email": f"{name}@boxcostpro.test", "password": password}
            assert ground.stranger().say("POST", LOGIN, body).status == 401
