"""An accepted code is spent, and with it every older one."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.models import AuditEvent
from portal.core.database import db
from portal.core.sealing import CannotUnseal
from portal.mail.models import EmailLog
from portal.staff.models import Admin
from portal.two_factor.authenticators import check_code, opened_secret
from portal.two_factor.failures import MOST_CONSECUTIVE
from portal.two_factor.models import TwoFactorAuth
from tests.two_factor.conftest import NOON, SECRET, code, give_authenticator


def reason(admin, typed):
    return check_code(admin_id=admin.id, code=typed).reason


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_the_code_of_a_step_near_now_is_accepted_once(bea_enrolled, steps):
    typed = code(steps)
    assert reason(bea_enrolled, typed) == "accepted"
    assert reason(bea_enrolled, typed) == "replay"


@pytest.mark.parametrize("steps", [-2, 2])
def test_the_code_of_two_steps_away_is_refused(bea_enrolled, steps):
    assert reason(bea_enrolled, code(steps)) == "clock"


def test_an_older_code_is_dead_once_a_newer_one_was_used(bea_enrolled, moment):
    older = code()
    assert reason(bea_enrolled, older) == "accepted"
    moment.move_to(NOON + timedelta(seconds=30))
    assert reason(bea_enrolled, code()) == "accepted"
    assert reason(bea_enrolled, older) == "replay"


def test_a_code_from_the_future_kills_the_present_one(bea_enrolled):
    assert reason(bea_enrolled, code(1)) == "accepted"
    assert reason(bea_enrolled, code()) == "replay"


def test_a_person_without_an_authenticator_has_no_code(moment, cy):
    assert reason(cy, code(secret="A" * 32)) == "not_enabled"


def test_a_right_code_forgives_the_wrong_ones_and_time_does_not(bea_enrolled, moment):
    for _ in range(3):
        assert reason(bea_enrolled, "000000") == "invalid"
    moment.move_to(NOON + timedelta(days=30))
    row = db.session.get(TwoFactorAuth, bea_enrolled.id, populate_existing=True)
    assert row.consecutive_failures == 3
    assert reason(bea_enrolled, code()) == "accepted"
    db.session.refresh(row)
    assert row.consecutive_failures == 0


def test_the_hundredth_wrong_code_in_a_row_stops_the_factor(moment, cy):
    give_authenticator(cy, consecutive_failures=MOST_CONSECUTIVE - 1)
    assert reason(cy, "000000") == "invalid"
    assert reason(cy, code()) == "stopped"
    assert db.session.get(Admin, cy.id).is_second_factor_on
    event = db.session.scalars(
        sa.select(AuditEvent).where(AuditEvent.action == Action.TOTP_DISABLED_BY_POLICY)
    ).one()
    assert (event.severity, event.target_id) == ("critical", str(cy.id))
    assert db.session.scalars(sa.select(EmailLog.template)).all() == ["factor_stopped"]


def test_a_sealed_secret_opens_for_its_person_alone(bea_enrolled, cy):
    sealed = db.session.get(TwoFactorAuth, bea_enrolled.id).secret_sealed
    assert opened_secret(sealed, bea_enrolled.id) == SECRET
    with pytest.raises(CannotUnseal):
        opened_secret(sealed, cy.id)
    assert SECRET.encode() not in sealed
