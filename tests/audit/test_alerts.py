"""Somebody is told: when a rule is met, once, and whoever the rule names."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from portal.audit.actions import Action, Outcome, Severity
from portal.audit.alerting.alerts import acknowledge, alert_page
from portal.audit.alerting.rules import (
    BadRule,
    RuleTerms,
    all_rules,
    change_rule,
    create_rule,
    disable_rule,
    enable_rule,
)
from portal.audit.alerting.usual_rules import USUAL
from portal.audit.alerting.watching import is_anything_new, watch
from portal.audit.ledger import Target, record
from portal.audit.models import Alert, AlertRule, GroupBy
from portal.audit.sequencing import sequence_all
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import Conflict, NotFound
from portal.core.staleness import Stale
from portal.mail.models import EmailLog
from portal.staff.models import Notice
from tests.cast import actor
from tests.ledger import events

DENIALS = RuleTerms(
    name="Three denials",
    outcome=Outcome.DENIED,
    threshold=3,
    minutes=5,
    group_by=GroupBy.ACTOR,
    roles=("manager",),
)
RESETS = RuleTerms(name="Resets", actions=(Action.TOTP_RESET,), quiet_minutes=60)


@pytest.fixture
def watched(ann, mo, bea):
    """A watch that has begun, with no rule but the test's own."""
    watch()
    db.session.execute(sa.delete(AlertRule))
    db.session.commit()
    look()
    return actor(ann)


def look():
    """What happened becomes leaves, and every leaf is looked at."""
    db.session.commit()
    sequence_all()
    raised = 0
    while is_anything_new():
        raised += watch()
        db.session.commit()
        sequence_all()
    return raised


def deny(by, times=1):
    for _ in range(times):
        record(Action.ACCESS_DENIED, by=by, outcome=Outcome.DENIED)


def reset(by, whom):
    record(Action.TOTP_RESET, by=by, target=Target("admin", whom.id, whom.name))


def told():
    return [mail.recipient for mail in db.session.scalars(sa.select(EmailLog))]


def test_the_first_look_makes_the_usual_rules_and_takes_the_past_as_seen(ann, bea):
    reset(actor(ann), bea)
    db.session.commit()
    sequence_all()
    assert watch() == 0
    assert {rule.name for rule in all_rules()} == {terms.name for terms in USUAL}
    assert look() == 0


def test_rules_that_somebody_removed_do_not_come_back(watched):
    assert all_rules() == []
    look()
    assert all_rules() == []


def test_one_event_is_enough_for_a_rule_of_one(watched, bea):
    create_rule(by=watched, terms=RESETS)
    reset(watched, bea)
    assert look() == 1
    alert = db.session.scalars(sa.select(Alert)).one()
    assert alert.text.endswith("reset a second factor: Bea Agent")
    assert events(Action.ALERT_RAISED)[0].target_label == "Resets"


def test_everybody_with_the_role_is_told_and_nobody_else(watched, ann, mo):
    create_rule(by=watched, terms=DENIALS)
    deny(watched, 3)
    look()
    assert told() == [mo.email]
    notices = db.session.scalars(sa.select(Notice)).all()
    assert [(n.admin_id, n.url) for n in notices] == [(mo.id, "/audit/alerts")]


def test_a_disabled_person_is_not_told(watched, mo):
    mo.disabled_at = clock.now()
    create_rule(by=watched, terms=DENIALS)
    deny(watched, 3)
    assert look() == 1
    assert told() == []


def test_fewer_than_the_threshold_raise_nothing(watched):
    create_rule(by=watched, terms=DENIALS)
    deny(watched, 2)
    assert look() == 0


def test_events_outside_the_window_do_not_count(watched):
    create_rule(by=watched, terms=DENIALS)
    deny(watched, 2)
    look()
    with time_machine.travel(clock.now() + timedelta(minutes=6), tick=False):
        deny(watched)
        assert look() == 0


def test_two_people_are_counted_apart(watched, bea):
    create_rule(by=watched, terms=DENIALS)
    deny(watched, 2)
    deny(actor(bea), 2)
    assert look() == 0
    deny(actor(bea))
    assert look() == 1
    assert "bea@" in db.session.scalars(sa.select(Alert.about)).one()


def test_more_of_the_same_is_counted_and_not_told_again_until_the_quiet_is_over(watched, bea, mo):
    create_rule(by=watched, terms=RESETS)
    for _ in range(4):
        reset(watched, bea)
    assert look() == 1
    assert db.session.scalars(sa.select(Alert.count)).all() == [4]
    with time_machine.travel(clock.now() + timedelta(minutes=61), tick=False):
        reset(watched, bea)
        assert look() == 1


def test_a_rule_may_ask_for_the_role_that_somebody_got(watched, bea):
    terms = RuleTerms(name="Admins", actions=(Action.STAFF_ROLE_CHANGED,), role="admin")
    create_rule(by=watched, terms=terms)
    for role in ("manager", "admin"):
        changes = {"role": ("support_agent", role)}
        record(Action.STAFF_ROLE_CHANGED, by=watched, changes=changes)
    assert look() == 1


def test_a_rule_may_ask_for_a_severity(watched):
    terms = RuleTerms(name="Critical", lowest_severity=Severity.CRITICAL, quiet_minutes=0)
    create_rule(by=watched, terms=terms)
    record(Action.FEATURE_KILLED, by=watched)
    record(Action.FEATURE_REVIVED, by=watched)
    assert look() == 1


def test_an_alert_never_raises_an_alert(watched):
    terms = RuleTerms(name="All", lowest_severity=Severity.INFO, quiet_minutes=0)
    create_rule(by=watched, terms=terms)
    deny(watched)
    look()
    assert "alert.raised" not in {e.action for e in raised_events()}


def raised_events():
    ids = db.session.scalars(sa.select(Alert.event_id)).all()
    return [e for e in events(Action.ALERT_RAISED) if e.id in ids]


def test_a_rule_that_is_off_raises_nothing(watched, bea):
    rule = disable_rule(by=watched, row=create_rule(by=watched, terms=RESETS))
    reset(watched, bea)
    assert look() == 0
    enable_rule(by=watched, row=rule)
    reset(watched, bea)
    assert look() == 1


def test_old_history_that_is_brought_in_raises_nothing(watched, bea):
    create_rule(by=watched, terms=RESETS)
    with time_machine.travel(clock.now() - timedelta(days=2), tick=False):
        reset(watched, bea)
    assert look() == 0


def test_a_look_that_is_rolled_back_is_done_again(watched, bea):
    create_rule(by=watched, terms=RESETS)
    reset(watched, bea)
    db.session.commit()
    sequence_all()
    with db.session.begin_nested() as savepoint:
        assert watch() == 1
        savepoint.rollback()
    db.session.expire_all()
    assert look() == 1
    assert db.session.query(Alert).count() == 1


def test_an_alert_is_looked_at_once(watched, bea):
    create_rule(by=watched, terms=RESETS)
    reset(watched, bea)
    look()
    alert = db.session.scalars(sa.select(Alert)).one()
    assert [row.id for row in alert_page(is_open=True).items] == [alert.id]
    for who in (watched, actor(bea)):
        acknowledge(by=who, alert_id=alert.id)
    assert alert.acknowledged_by == watched.label
    assert len(events(Action.ALERT_ACKNOWLEDGED)) == 1
    assert alert_page(is_open=True).items == []
    assert [row.id for row in alert_page(is_open=False).items] == [alert.id]
    with pytest.raises(NotFound):
        acknowledge(by=watched, alert_id=0)


@pytest.mark.parametrize(
    "terms",
    [
        {"name": " "},
        {"name": "x" * 81},
        {"actions": ("no.such",)},
        {"actions": ()},
        {"outcome": "fine"},
        {"lowest_severity": "loud"},
        {"threshold": 0},
        {"minutes": 0},
        {"minutes": 1441},
        {"quiet_minutes": -1},
        {"roles": ()},
    ],
)
def test_a_rule_that_cannot_be_is_refused(watched, terms):
    values = {"name": "New", "actions": (Action.TOTP_RESET,), **terms}
    with pytest.raises(BadRule):
        create_rule(by=watched, terms=RuleTerms(**values))


def test_two_rules_have_two_names(watched):
    create_rule(by=watched, terms=RESETS)
    with pytest.raises(BadRule, match="name"):
        create_rule(by=watched, terms=RESETS)


def test_whoever_saves_over_somebody_else_is_told(watched):
    rule = create_rule(by=watched, terms=RESETS)
    change_rule(by=watched, row=rule, version=1, terms=DENIALS)
    assert (rule.version, rule.threshold) == (2, 3)
    with pytest.raises(Stale):
        change_rule(by=watched, row=rule, version=1, terms=RESETS)


def test_switching_twice_is_a_conflict(watched):
    rule = create_rule(by=watched, terms=RESETS)
    with pytest.raises(Conflict):
        enable_rule(by=watched, row=rule)
    disable_rule(by=watched, row=rule)
    with pytest.raises(Conflict):
        disable_rule(by=watched, row=rule)


def test_the_system_may_be_the_one_who_did_it(watched):
    create_rule(by=watched, terms=RESETS)
    record(Action.TOTP_RESET, by=SYSTEM)
    assert look() == 1
