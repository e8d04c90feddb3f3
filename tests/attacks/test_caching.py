"""No browser and no proxy keeps a page that was for one person, and no frame shows one."""

import pytest

from portal.core.roles import Role
from portal.web.access import SAFE_METHODS
from tests.attacks.wire import COOKIE, Attacker
from tests.cast import sudo_until

pytestmark = pytest.mark.attack


@pytest.fixture
def admin(ground) -> Attacker:
    person = ground.person(Role.ADMIN, "Ann Admin")
    return ground.attacker(person, sudo_until=sudo_until(), sudo_method="totp")


def test_every_answer_but_a_hashed_file_is_kept_by_nobody(ground, admin):
    """Pages, errors, files and refusals alike; and each refuses to stand in a frame."""
    doors = [
        door
        for door in ground.doors(lambda view: True)
        if door[0] in SAFE_METHODS and not door[1].startswith("/static/")
    ]
    assert len(doors) > 200
    nobody = ground.stranger()
    for _, url in ground.sample(doors):
        for visitor in (admin, nobody):
            answer = visitor.get(url)
            assert answer.status < 500, url
            assert "no-store" in answer.header("Cache-Control"), url
            assert "Cookie" in answer.header("Vary"), url
            assert "frame-ancestors 'none'" in answer.header("Content-Security-Policy"), url
            assert answer.header("X-Frame-Options") == "DENY", url


def test_signing_out_empties_the_browser_and_ends_the_session(ground, admin):
    kept = admin.cookies[COOKIE]
    answer = admin.submit("/sign-out")
    assert answer.status == 303
    assert '"cache"' in answer.header("Clear-Site-Data")
    assert admin.cookies[COOKIE] == ""
    assert ground.stranger(kept).get("/account/security").status == 303


def test_a_cookie_is_for_the_portal_and_for_no_script(ground):
    answer = ground.stranger().get("/sign-in")
    lines = [value for name, value in answer.headers if name.lower() == "set-cookie"]
    assert lines
    for line in lines:
        assert "HttpOnly" in line
        assert "SameSite=Lax" in line
        assert "Domain" not in line


def test_a_part_of_a_page_is_never_taken_for_the_page(ground, admin):
    """A cache that ignored `Vary` would have to keep it, and may not."""
    part = admin.get("/staff", HX_Request="true")
    assert part.status == 200
    assert "no-store" in part.header("Cache-Control")
    assert "HX-Request" in part.header("Vary")
