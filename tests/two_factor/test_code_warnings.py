"""Backup codes that run out: told once of each set, again for the next."""

from datetime import timedelta

import pytest

from portal.audit.actions import Action
from portal.core import clock
from portal.core.database import db
from portal.staff.models import Notice
from portal.two_factor.backup_codes import generate_codes
from portal.two_factor.code_warnings import warn_of_codes
from portal.two_factor.models import BackupCode
from tests.cast import actor
from tests.staff.post import mails
from tests.two_factor.conftest import NOON


def use(bea, codes):
    for code in db.session.query(BackupCode).filter_by(admin_id=bea.id, revoked_at=None)[:codes]:
        code.used_at = clock.now()
    db.session.flush()


@pytest.fixture
def ten(moment, bea):
    generate_codes(by=actor(bea), admin=bea)
    return bea


def kinds():
    replaced = Notice.kind == Action.BACKUP_CODES_GENERATED
    query = db.session.query(Notice.kind).filter(~replaced).order_by(Notice.id)
    return [kind for (kind,) in query]


def test_ten_fresh_codes_are_no_reason_to_write(ten):
    use(ten, 6)
    assert warn_of_codes() == 0
    assert kinds() == []


@pytest.mark.parametrize(
    ("used", "words"), [(7, "3 backup codes"), (9, "1 backup code "), (10, "no")]
)
def test_few_codes_are_told_of_once(ten, used, words):
    use(ten, used)
    assert [warn_of_codes(), warn_of_codes()] == [1, 0]
    assert kinds() == [Action.BACKUP_CODES_RAN_LOW]
    assert words in db.session.query(Notice).one().text
    assert len(mails("backup_codes_low")) == 1


def test_a_month_ahead_of_their_end_they_are_told_of(ten, moment):
    moment.move_to(NOON + timedelta(days=334))
    assert warn_of_codes() == 0
    moment.move_to(NOON + timedelta(days=336))
    assert [warn_of_codes(), warn_of_codes()] == [1, 0]
    assert kinds() == [Action.BACKUP_CODES_AGED]


def test_a_new_set_is_warned_of_anew(ten, moment):
    use(ten, 8)
    warn_of_codes()
    moment.move_to(NOON + timedelta(days=1))
    generate_codes(by=actor(ten), admin=ten)
    assert warn_of_codes() == 0
    use(ten, 8)
    assert warn_of_codes() == 1
    assert kinds() == [Action.BACKUP_CODES_RAN_LOW, Action.BACKUP_CODES_RAN_LOW]


def test_who_is_disabled_hears_nothing(ten):
    use(ten, 9)
    ten.disabled_at = clock.now()
    assert warn_of_codes() == 0
