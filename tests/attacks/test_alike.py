"""A refused sign-in says nothing about the account: not by its words, not by its time.

With the real cost of a hash, since that is what a missing dummy would save.
"""

import random
import statistics
import time
from functools import partial

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.staff import passwords
from portal.staff.models import AuthThrottle
from tests.attacks.ranks import likeness
from tests.cast import make_admin

pytestmark = pytest.mark.attack
TRIES = 200
TRIES_IN_A_HURRY = 12
COURSES, LEAST_LIKELY = 3, 0.01
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


def ask_for_reset(client, email, stopwatch):
    """The same of a forgotten password; nobody is told whether a mail is on its way."""
    db.session.execute(sa.delete(AuthThrottle))
    db.session.commit()
    started = stopwatch()
    answer = client.submit("/forgot-password", email=email)
    spent = stopwatch() - started
    assert answer.status_code == 303
    return answer, spent


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


class Course:
    """Times in turns, so that a busy moment of the machine meets every kind alike.

    Two hundred tries of each count the time itself. A dozen beside other tests count the work
    alone, of the tries that were disturbed least: a busy machine adds to the work, and never saves
    any.
    """

    def __init__(self, attempt, emails, *, is_thorough):
        self.attempt, self.emails, self.is_thorough = attempt, emails, is_thorough
        self.tries = TRIES if is_thorough else TRIES_IN_A_HURRY
        self.stopwatch = time.perf_counter if is_thorough else time.process_time
        self.typical = statistics.median if is_thorough else min
        self.order = random.Random(15)

    def spent(self):
        """The times of each kind."""
        found = {kind: [] for kind in self.emails}
        for _ in range(self.tries):
            for kind in self.order.sample(sorted(self.emails), len(self.emails)):
                found[kind].append(self.attempt(self.emails[kind], self.stopwatch)[1])
        return found

    def judge(self):
        """Typical times within 10 % or 15 ms; and no kind that its ranks give away every time.

        One kind differs by chance in one course of a hundred: what is really different does in
        each of three.
        """
        suspects = set(self.emails) - {"active"}
        for _ in range(COURSES if self.is_thorough else 1):
            spent = self.spent()
            typical = {kind: self.typical(times) for kind, times in spent.items()}
            fastest, slowest = min(typical.values()), max(typical.values())
            assert slowest - fastest <= max(0.1 * slowest, 0.015), typical
            odds = {kind: likeness(spent["active"], spent[kind]) for kind in suspects}
            suspects = {kind for kind in suspects if odds[kind] <= LEAST_LIKELY}
            if not suspects:
                return typical
        assert not self.is_thorough, f"told apart by their time: {odds}, {typical}"
        return typical


def test_the_time_of_a_wrong_sign_in_is_the_same_for_every_account(client, accounts, attack_rounds):
    attempt_of = partial(attempt, client)
    typical = Course(attempt_of, accounts, is_thorough=attack_rounds > 1).judge()
    assert min(typical.values()) > 0.01, "the real hash was not computed"


def test_the_time_of_asking_for_a_reset_is_the_same_for_every_account(
    client, accounts, attack_rounds
):
    asking = partial(ask_for_reset, client)
    Course(asking, accounts, is_thorough=attack_rounds > 1).judge()
