"""Passwords of every length and script, set through a mailed link and tried at the sign-in page."""

import time

import pytest

from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.staff.links import issue_link
from portal.staff.models import Admin, LinkPurpose
from tests.attacks.ground import Ground
from tests.attacks.wire import LOGIN

pytestmark = pytest.mark.attack
WORDS = "lantern gravel moth harbour quilt pepper "
SOON = 3  # seconds, on a machine that others use too


def letters(length: int) -> str:
    """So many characters that nobody guesses, without a space at an end."""
    text = (WORDS * (length // len(WORDS) + 1))[: length - 1]
    return text + "z"


def set_by_link(ground: Ground, person: Admin, password: str) -> int:
    """The status of setting it; a refusal must come soon."""
    with ground.inside():
        admin = db.session.get_one(Admin, person.id)
        token = issue_link(admin=admin, purpose=LinkPurpose.RESET, email=admin.email, by=SYSTEM)
    visitor = ground.stranger().take_form_token()
    started = time.perf_counter()
    answer = visitor.submit(f"/reset-password/{token}", {"new_password": password})
    assert time.perf_counter() - started < SOON
    return answer.status


def opens(ground: Ground, person: Admin, password: str) -> bool:
    body = {"email": person.email, "password": password}
    answer = ground.stranger().say("POST", LOGIN, body)
    assert answer.status in {200, 401, 422}, answer.text
    return answer.status == 200


@pytest.mark.parametrize("length", [15, 64, 72, 73, 256])
def test_every_character_counts(ground, length):
    person, password = ground.person(), letters(length)
    assert set_by_link(ground, person, password) == 303
    assert opens(ground, person, password)
    assert not opens(ground, person, password[:-1] + "y")
    assert not opens(ground, person, password[:-1])
    assert not opens(ground, person, password + "z")


@pytest.mark.parametrize("length", [1, 14, 257, 1000, 100_000])
def test_a_length_beyond_the_limits_is_refused_soon(ground, length):
    person = ground.person()
    assert set_by_link(ground, person, letters(length)) == 422
    assert not opens(ground, person, letters(length))


SPELLINGS = {
    "accents": ("é" * 3 + " lantern gravel moth", "e\u0301" * 3 + " lantern gravel moth"),
    "hangul": (
        "한글 lantern gravel moth",
        "\u1112\u1161\u11ab\u1100\u1173\u11af lantern gravel moth",
    ),
}


@pytest.mark.parametrize("script", SPELLINGS)
def test_two_spellings_of_one_text_are_one_password(ground, script):
    person, (composed, taken_apart) = ground.person(), SPELLINGS[script]
    assert set_by_link(ground, person, taken_apart) == 303
    assert opens(ground, person, composed)
    assert opens(ground, person, taken_apart)


def test_spaces_and_pictures_count(ground):
    person, password = ground.person(), " 🦀🐙 lantern gravel moth "
    assert set_by_link(ground, person, password) == 303
    assert opens(ground, person, password)
    assert not opens(ground, person, password.strip())
    assert not opens(ground, person, password.replace("🐙", "🐠"))


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword",
        "Password12345678",
        "aaaaaaaaaaaaaaaaaaaa",
        "qwertyuiopqwertyuiop",
        "email",
    ],
)
def test_what_everybody_tries_first_is_refused(ground, password):
    person = ground.person()
    chosen = person.email if password == "email" else password
    assert set_by_link(ground, person, chosen) == 422


@pytest.mark.parametrize("text", ["\x00" * 20, "\ud800" * 20, "a\u0301" * 5000, "\u202e" * 20])
def test_strange_text_is_merely_wrong(ground, text):
    sent = text.encode("utf-8", "replace").decode() if "\ud800" in text else text
    assert not opens(ground, ground.person(), sent)
