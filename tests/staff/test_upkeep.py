"""What sign-ins leave behind goes away, and nothing that still counts."""

from datetime import timedelta

import time_machine

from portal.core import clock
from portal.core.database import db
from portal.staff.models import AdminSession, AuthThrottle
from portal.staff.throttles import book_failure, code_buckets
from portal.staff.upkeep import sweep
from tests.cast import open_session


def test_sessions_go_ninety_days_after_they_ended(app, bea):
    open_session(bea)
    with time_machine.travel(clock.now() + timedelta(days=90), tick=False):
        sweep({})
        assert db.session.query(AdminSession).count() == 1
    with time_machine.travel(clock.now() + timedelta(days=91), tick=False):
        sweep({})
        assert db.session.query(AdminSession).count() == 0


def test_counts_go_with_their_window(app, bea):
    book_failure(code_buckets(bea.id, "10.0.0.1"))
    with time_machine.travel(clock.now() + timedelta(hours=2), tick=False):
        sweep({})
        assert db.session.query(AuthThrottle).count() == 1  # the window of a day
