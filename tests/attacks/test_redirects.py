"""`next` and every redirect stay inside the portal, and no value becomes a header."""

import re
from urllib.parse import quote

import pytest

from tests.attacks.wire import Attacker, speak
from tests.cast import PASSWORD

pytestmark = [pytest.mark.attack, pytest.mark.one_database]  # HTTP, whatever stores the rows
EVIL = [
    "//evil",
    "https://evil",
    "/\\evil",
    "/\t/evil",
    "/\n/evil",
    "///evil",
    "////evil",
    "http:///evil",
    "javascript:alert(1)",
    "JaVaScRiPt://%0aalert(1)",
    "data:text/html,evil",
    "%2f%2fevil",
    "/%2f%2fevil",
    "/%5cevil",
    "/%09/evil",
    "/%0d%0aSet-Cookie:x=evil",
    "/\r\nSet-Cookie: x=evil",
    "https:evil",
    "\\\\evil",
    "@evil",
    "evil@evil",
    "http:evil",
    " //evil",
    "/ /evil",
    "//evil:80/?a=//b",
    "http://127.0.0.1.evil",
    "/" + "a" * 2500 + "evil",
]
OWN = re.compile(r"/(?![/\\])[^\s\\]*")


@pytest.fixture
def signed_in(ground) -> Attacker:
    return ground.attacker(ground.person())


def check(answer) -> None:
    """A path of ours, and no second header of anybody else's making."""
    assert answer.status in {200, 303, 302}, answer.status
    for name, value in answer.headers:
        assert "x=evil" not in value, name
        if name.lower() == "location":
            assert OWN.fullmatch(value), value
            assert not value.split("?")[0].startswith("/evil")


@pytest.mark.parametrize("target", EVIL)
def test_the_sign_in_page_leads_nobody_away(ground, signed_in, target):
    check(signed_in.get(f"/sign-in?next={quote(target)}"))
    assert signed_in.get(f"/sign-in?next={quote(target)}").header("Location") == "/"


def test_the_answer_to_a_password_leads_nobody_away(ground):
    email = ground.person(is_second_factor_on=False).email
    for target in EVIL:
        visitor = ground.stranger().take_form_token()
        answer = visitor.submit("/sign-in", {"email": email, "password": PASSWORD, "next": target})
        check(answer)
        assert answer.status == 303
        assert "evil" not in answer.header("Location")


@pytest.mark.parametrize("name", ["Referer", "HX-Current-URL"])
def test_no_header_that_names_a_page_leads_away(ground, signed_in, name):
    for target in (t for t in EVIL if not set(t) & set("\r\n")):
        sent = {name.replace("-", "_"): target}
        for browser in (signed_in, ground.stranger()):
            check(browser.submit("/account/theme", {"theme": "dark", "next": target}, **sent))


@pytest.mark.parametrize(
    "path", [b"//evil", b"/\\evil", b"//evil/%2e%2e", b"http://evil/", b"/staff//..//evil"]
)
def test_an_odd_path_is_not_put_right_on_another_host(ground, path):
    own = f"127.0.0.1:{ground.port}".encode()
    _, heard = speak(ground.port, b"GET " + path + b" HTTP/1.1\r\nHost: " + own + b"\r\n\r\n")
    location = re.search(r"(?mi)^location: (.*?)\r?$", heard)
    if location:
        assert not re.match(r"(https?:)?//evil", location[1])
