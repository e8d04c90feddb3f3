"""What sign-ins leave behind goes away, and nothing that still counts."""

from datetime import timedelta

import sqlalchemy as sa
import time_machine

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.jobs.worker import Worker
from portal.staff import upkeep
from portal.staff.links import LinkPurpose, issue_link
from portal.staff.models import AdminSession, AuthThrottle, Notice, StaffLink
from portal.staff.notices import notify, read_all_notices
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


def test_mailed_links_go_ninety_days_after_they_ended(app, bea):
    start = clock.now()
    issue_link(admin=bea, purpose=LinkPurpose.EMAIL_UNDO, email=bea.email, by=SYSTEM)
    with time_machine.travel(start + timedelta(days=97), tick=False):
        sweep({})
        assert db.session.query(StaffLink).count() == 1
    with time_machine.travel(start + timedelta(days=98), tick=False):
        sweep({})
        assert db.session.query(StaffLink).count() == 0


def test_notices_that_were_read_go_after_four_hundred_days(app, bea, mo):
    start = clock.now()
    for person in (bea, mo):
        notify(admin_id=person.id, kind="x", text="Look here")
    db.session.flush()
    read_all_notices(admin_id=bea.id)
    with time_machine.travel(start + timedelta(days=400), tick=False):
        sweep({})
        assert db.session.query(Notice).count() == 2
    with time_machine.travel(start + timedelta(days=401), tick=False):
        sweep({})
        assert db.session.scalars(sa.select(Notice.admin_id)).all() == [mo.id]


def test_a_flood_of_old_notices_is_swept_out_in_small_parts(app, bea, monkeypatch):
    monkeypatch.setattr(upkeep, "AT_ONCE", 2)
    for number in range(5):
        notify(admin_id=bea.id, kind="x", text=f"Look here {number}")
    db.session.flush()
    read_all_notices(admin_id=bea.id)
    with time_machine.travel(clock.now() + timedelta(days=401), tick=False):
        sweep({})
        assert db.session.query(Notice).count() == 3
        db.session.commit()
        Worker(app).run_until_idle()
    assert db.session.query(Notice).count() == 0


def test_counts_go_with_their_window(app, bea):
    book_failure(code_buckets(bea.id, "10.0.0.1"))
    with time_machine.travel(clock.now() + timedelta(hours=2), tick=False):
        sweep({})
        assert db.session.query(AuthThrottle).count() == 1  # the window of a day
