"""A made-up host name reaches neither a page nor a header nor a mail."""

import re

import pytest

from tests.attacks.wire import speak

pytestmark = pytest.mark.attack
FORM = "/forgot-password"


def request(ground, *lines: str, target: str = "/sign-in") -> tuple[int, str]:
    words = "\r\n".join([f"GET {target} HTTP/1.1", *lines, "Connection: close", "", ""])
    return speak(ground.port, words.encode())


def test_a_strange_host_is_refused_and_not_repeated(ground):
    own = f"Host: 127.0.0.1:{ground.port}"
    for lines in (["Host: evil.test"], ["Host: evil.test", own], [own, "Host: evil.test"]):
        status, heard = request(ground, *lines)
        assert status == 400, lines
        assert "evil" not in heard


@pytest.mark.one_database
def test_a_request_that_names_no_host_is_refused(ground):
    assert request(ground)[0] == 400
    # Old programs, such as some probes, cannot name one.
    assert speak(ground.port, b"GET /healthz HTTP/1.0\r\n\r\n")[0] == 200


@pytest.mark.parametrize("host", ["evil.test", "[::1", "a@evil.test", "evil.test\t", "x" * 5000])
def test_no_shape_of_a_host_breaks_anything(ground, host):
    status, heard = request(ground, f"Host: {host}")
    assert 400 <= status < 500
    assert "evil" not in heard


def test_an_absolute_request_line_names_no_other_host(ground):
    own = f"Host: 127.0.0.1:{ground.port}"
    status, heard = request(ground, own, target="http://evil.test/account/security")
    assert status < 500
    assert "evil" not in heard


FORWARDED = [
    {"X_Forwarded_Host": "evil.test"},
    {"X_Forwarded_Proto": "https", "X_Forwarded_Port": "6666"},
    {"Forwarded": "host=evil.test;proto=https"},
    {"X_Forwarded_Prefix": "/evil"},
    {"X_Original_URL": "/evil", "X_Rewrite_URL": "/evil"},
]


@pytest.mark.one_database
def test_a_mailed_link_leads_to_the_portal_whatever_is_forwarded(ground):
    asked = {}
    for headers in FORWARDED:
        person, visitor = ground.person(), ground.stranger().take_form_token()
        answer = visitor.submit(FORM, {"email": person.email}, **headers)
        assert answer.status in {200, 303}
        assert "evil" not in answer.everything
        asked[person.email] = headers
    with ground.portal.worker("--once") as worker:
        assert worker.wait(60) == 0, worker.last_words()
    letters = [letter for letter in ground.letters() if addressee(letter) in asked]
    assert len(letters) == len(asked)
    for letter in letters:
        text = letter.get_body(("plain",)).get_content()
        assert "evil" not in letter.as_string()
        assert set(re.findall(r"https?://[^/\s]+", text)) == {ground.portal.url}


def addressee(letter) -> str:
    return letter["To"].addresses[0].addr_spec
