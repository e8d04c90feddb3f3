"""A refused sign-in says nothing about the account: not by its words, not by its time.

With the real cost of a hash, since that is what a missing dummy would save.
"""

import statistics
import time

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.staff import passwords
from portal.staff.models import AuthThrottle
from tests.cast import make_admin

pytestmark = pytest.mark.attack
TRIES = 200
TRIES_IN_A_HURRY = 12
WRONG = "not the password of anybody"


@pytest.fixture
def accounts(app, monkeypatch) -> dict[str, str]:
    """An address of each kind. None of their passwords is the one that is tried."""
    monkeypatch.setattr(passwords, "_hasher", passwords._real_hasher)
    stored = passwords.hash_password("the right one, kept to oneself")
    active = make_admin("Ann Active", password_hash=stored)
    disabled = make_admin("Dan Disabled", password_hash=stored, disabled_at=clock.now())
    invited = make_admin("Ida Invited", password_hash=None, joined_at=None)
    db.session.commit()
    return {
        "active": active.email,
        "unknown": "nobody@boxcostpro.test",
        "disabled": disabled.email,
        "invited": invited.email,
    }


def attempt(client, email, stopwatch=time.process_time):
    """One try, with no failures on record: the answer and how long it took."""
    db.session.execute(sa.delete(AuthThrottle))
    db.session.commit()
    started = stopwatch()
    answer = client.post("/api/admin/auth/login", json={"email": email, "password": WRONG})
    return answer, stopwatch() - started


def test_the_answer_to_a_wrong_sign_in_is_the_same_for_every_account(client, accounts):
    answers = {kind: attempt(client, email)[0] for kind, email in accounts.items()}
    seen = {
        (
            answer.status_code,
            str({**answer.get_json(), "request_id": ""}),
            tuple(sorted(answer.headers.keys())),
            tuple(name.partition("=")[0] for name in answer.headers.getlist("Set-Cookie")),
        )
        for answer in answers.values()
    }
    assert len(seen) == 1
    assert seen.pop()[0] == 401


def test_the_time_of_a_wrong_sign_in_is_the_same_for_every_account(client, accounts, attack_rounds):
    # Two hundred tries count the time itself. A dozen beside other tests count the work alone, of
    # the tries that were disturbed least: a busy machine adds to the work, and never saves any.
    is_thorough = attack_rounds > 1
    tries = TRIES if is_thorough else TRIES_IN_A_HURRY
    stopwatch = time.perf_counter if is_thorough else time.process_time
    typical = statistics.median if is_thorough else min
    spent: dict[str, list[float]] = {kind: [] for kind in accounts}
    for _ in range(tries):  # in turns, so that a busy moment of the machine meets all of them
        for kind, email in accounts.items():
            spent[kind].append(attempt(client, email, stopwatch)[1])
    found = {kind: typical(times) for kind, times in spent.items()}
    fastest, slowest = min(found.values()), max(found.values())
    assert fastest > 0.01, "the real hash was not computed"
    assert slowest - fastest <= max(0.1 * slowest, 0.015), found
