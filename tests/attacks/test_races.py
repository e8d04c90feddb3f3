"""Races over real connections, against several processes: a proof counts once, however many try.

The same races run in one process in `tests/two_factor`; here nothing is shared but the database.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pyotp
import pytest
import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.database import db
from portal.staff.models import Admin, AdminSession, AuthThrottle
from portal.staff.passwords import hash_password
from portal.web.access import SessionState
from tests.cast import PASSWORD, make_admin
from tests.visitor import (
    Answer,
    Visitor,
    begin_enrolment,
    confirm_enrolment,
    give_password,
)

pytestmark = [pytest.mark.race, pytest.mark.attack]
MOST_SESSIONS = 10  # that may owe their second step at once


def test_one_code_in_twenty_parallel_sign_ins_opens_one_session(portal, inside, attack_rounds):
    for number in range(attack_rounds):
        email = newcomer(inside, f"totp{number}")
        secret, _ = enrolled(portal, email)
        code = pyotp.TOTP(secret).at(clock.now(), counter_offset=1)
        visitors = [Visitor(portal.port) for _ in range(20)]

        def attempt(visitor: Visitor, email: str = email, code: str = code) -> Answer:
            give_password(visitor, email, PASSWORD)
            return visitor.submit("/sign-in/second-factor", totp_code=code)

        answers = at_once(visitors, attempt)
        assert opened(inside, email) == 1
        assert sum(is_in(visitor) for visitor in visitors) == 1
        assert {answer.status for answer in answers} <= {303, 401, 409, 422, 429}


def test_one_backup_code_in_fifty_parallel_uses_opens_one_session(portal, inside, attack_rounds):
    for number in range(attack_rounds):
        email = newcomer(inside, f"backup{number}")
        _, codes = enrolled(portal, email)
        sessions = [Visitor(portal.port) for _ in range(MOST_SESSIONS)]
        for visitor in sessions:
            give_password(visitor, email, PASSWORD)
            visitor.get("/sign-in/backup-code")
        copies = [visitor.copy() for visitor in sessions for _ in range(5)]

        def attempt(visitor: Visitor, code: str = codes[0]) -> Answer:
            return visitor.submit("/sign-in/backup-code", backup_code=code)

        answers = at_once(copies, attempt)
        assert opened(inside, email) == 1
        assert sum(is_in(visitor) for visitor in copies) == 1
        assert {answer.status for answer in answers} <= {303, 401, 409, 422, 429}


def newcomer(inside, name) -> str:
    """Somebody who may sign in; and the failures of the round before are forgotten."""
    with inside.app_context():
        admin = make_admin(f"{name} Cast", password_hash=hash_password(PASSWORD))
        db.session.execute(sa.delete(AuthThrottle))
        db.session.commit()
        return admin.email


def enrolled(portal, email) -> tuple[str, list[str]]:
    visitor = Visitor(portal.port)
    give_password(visitor, email, PASSWORD)
    secret = begin_enrolment(visitor)
    codes = confirm_enrolment(visitor, pyotp.TOTP(secret).at(clock.now()))
    assert len(codes) == 10
    visitor.submit("/sign-out")
    return secret, codes


def at_once(visitors: list[Visitor], attempt: Callable[[Visitor], Answer]) -> list[Answer]:
    """All start together, as near as threads can."""
    barrier = Barrier(len(visitors))

    def run(visitor: Visitor) -> Answer:
        barrier.wait(30)
        return attempt(visitor)

    with ThreadPoolExecutor(len(visitors)) as threads:
        return list(threads.map(run, visitors))


def is_in(visitor: Visitor) -> bool:
    return visitor.get("/").status == 200


def opened(inside, email) -> int:
    """Sessions that passed the second step, by the rows; the ledger must say the same."""
    with inside.app_context():
        admin_id = db.session.scalar(sa.select(Admin.id).where(Admin.email == email))
        rows = db.session.scalar(
            sa.select(sa.func.count()).where(
                AdminSession.admin_id == admin_id,
                AdminSession.state == SessionState.ACTIVE,
                AdminSession.revoked_at.is_(None),
            )
        )
        events = db.session.scalar(
            sa.select(sa.func.count()).where(
                AuditEvent.action == Action.SESSION_OPENED, AuditEvent.actor_id == admin_id
            )
        )
    assert events == rows
    return rows
