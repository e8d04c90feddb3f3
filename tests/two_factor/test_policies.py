"""Who owes a second factor, from when on, and what a stricter rule does to who is signed in."""

from datetime import timedelta

import pytest

from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.database import db
from portal.core.roles import Role
from portal.staff.models import AdminSession, RolePolicy
from portal.staff.policies import (
    BadGrace,
    Rule,
    change_policy,
    grace_until,
    owes_second_factor,
    rule_for,
)
from portal.staff.sessions import open_session as open_anew
from portal.web.access import SessionState
from tests.cast import actor, make_admin, open_session, sudo_until, trusted
from tests.two_factor.conftest import NOON

AGENT = Role.SUPPORT_AGENT


def decide(ann, *, is_required=True, grace_days=0, role=AGENT):
    return change_policy(by=actor(ann), role=role, is_required=is_required, grace_days=grace_days)


def test_without_a_stored_rule_everybody_owes_it_at_once(cy, bea):
    assert rule_for(AGENT) == Rule(is_required=True, grace_days=0)
    assert owes_second_factor(cy)
    assert not owes_second_factor(bea)


def test_where_it_is_not_required_nobody_owes_it(ann, cy):
    decide(ann, is_required=False)
    assert not owes_second_factor(cy)
    assert grace_until(cy, rule_for(AGENT)) is None


def test_grace_counts_from_the_rule_for_people_who_were_there(moment, ann, cy):
    decide(ann, grace_days=7)
    assert grace_until(cy, rule_for(AGENT)) == NOON + timedelta(days=7)
    assert not owes_second_factor(cy)
    moment.move_to(NOON + timedelta(days=7))
    assert owes_second_factor(cy)


def test_grace_counts_from_joining_for_people_who_come_later(moment, ann):
    decide(ann, grace_days=7)
    moment.move_to(NOON + timedelta(days=30))
    late = make_admin("Lee Later", joined_at=clock.now())
    assert grace_until(late, rule_for(AGENT)) == NOON + timedelta(days=37)


def test_a_session_in_grace_ends_with_it(moment, ann, cy):
    decide(ann, grace_days=7)
    moment.move_to(NOON + timedelta(days=7, hours=-1))
    in_grace = open_anew(admin=cy, state=SessionState.ACTIVE, amr="pwd").session
    assert in_grace.absolute_expires_at == NOON + timedelta(days=7)
    decide(ann, is_required=False)
    free = open_anew(admin=cy, state=SessionState.ACTIVE, amr="pwd").session
    assert free.absolute_expires_at == clock.now() + timedelta(hours=8)


def test_a_stricter_rule_stops_the_sessions_of_who_owes_it(ann, cy, bea):
    decide(ann, is_required=False)
    owing, _ = open_session(cy, amr="pwd", sudo_until=sudo_until(), sudo_method="password")
    enrolled, _ = open_session(bea)
    assert decide(ann, is_required=True) == 1
    db.session.expire_all()
    stopped = db.session.get(AdminSession, owing.id)
    assert (stopped.state, stopped.sudo_until) == (SessionState.MUST_ENROL, None)
    assert db.session.get(AdminSession, enrolled.id).state == SessionState.ACTIVE


def test_a_rule_of_another_role_stops_nobody(ann, cy):
    session, _ = open_session(cy, amr="pwd")
    decide(ann, is_required=False, role=Role.FINANCE)
    assert decide(ann, role=Role.FINANCE) == 0
    assert db.session.get(AdminSession, session.id).state == SessionState.ACTIVE


def test_the_change_is_in_the_ledger_and_none_is_not(ann):
    assert decide(ann) == 0
    assert db.session.query(AuditEvent).count() == 0
    decide(ann, grace_days=3)
    event = db.session.query(AuditEvent).one()
    assert (event.action, event.target_id) == ("policy.changed", "support_agent")
    assert b'"grace_days"' in event.canonical


@pytest.mark.parametrize("days", [-1, 91])
def test_grace_has_bounds(ann, days):
    with pytest.raises(BadGrace):
        decide(ann, grace_days=days)


def test_the_page_shows_each_role_and_saves_a_rule(app, ann):
    client = trusted(app, ann)
    assert "of 1 enrolled" in client.soup("/staff/policy").get_text(" ", strip=True)
    fields = {"support_agent-is_required": "y", "support_agent-grace_days": "14"}
    answer = client.submit("/staff/policy/support_agent/change", **fields)
    assert answer.status_code == 303
    assert db.session.get(RolePolicy, "support_agent").grace_days == 14


def test_a_bad_number_of_days_comes_back_with_its_reason(app, ann):
    client = trusted(app, ann)
    answer = client.submit(
        "/staff/policy/support_agent/change", **{"support_agent-grace_days": "400"}
    )
    assert answer.status_code == 422
    assert "between 0 and 90" in answer.text
    assert client.submit("/staff/policy/nobody/change").status_code == 404


def test_only_admins_decide_and_only_with_fresh_proof(ann_client, mo_client):
    assert mo_client.get("/staff/policy").status_code == 403
    assert ann_client.submit("/staff/policy/finance/change").status_code == 403
    assert db.session.query(RolePolicy).count() == 0
