"""Several workers at once, with real threads: nothing is told twice in vain, or raised twice."""

import json
from collections import Counter

import pytest
import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.alerting.rules import BadRule, RuleTerms, create_rule
from portal.audit.alerting.watching import watch
from portal.audit.models import Alert, AlertRule, StreamFormat, StreamKind
from portal.audit.sequencing import sequence_all
from portal.audit.streaming.delivering import deliver
from portal.audit.streaming.streams import StreamTerms, add_stream
from portal.config import settings
from portal.core.actor import SYSTEM
from portal.core.database import db
from tests.audit.growing import happen
from tests.staff.test_races import together

pytestmark = pytest.mark.race
WORKERS = 6
TERMS = StreamTerms("SIEM", StreamKind.FILE, "siem-1", StreamFormat.CANONICAL)


def test_workers_that_tell_one_stream_take_turns(own_app):
    with own_app.app_context():
        row = add_stream(by=SYSTEM, terms=TERMS, from_beginning=True).row
        happen(900)
        sequence_all()
        stream_id, file = row.id, settings().instance_dir / "streams" / "siem-1.jsonl"

    def work(_):
        with own_app.app_context():
            return sum(deliver(stream_id) for _ in range(20))

    assert sum(together(work, WORKERS)) == 901
    told = [json.loads(line)["leaf_index"] for line in file.read_bytes().splitlines()]
    assert told == [*range(901)]


def test_watchers_raise_an_alert_once(own_app):
    with own_app.app_context():
        watch()
        db.session.execute(sa.delete(AlertRule))
        terms = RuleTerms(name="Kills", actions=(Action.FEATURE_KILLED,), quiet_minutes=0)
        create_rule(by=SYSTEM, terms=terms)
        db.session.commit()
        happen(40, action=Action.FEATURE_KILLED)
        sequence_all()

    def work(_):
        with own_app.app_context():
            raised = watch()
            db.session.commit()
            return raised

    assert sum(together(work, WORKERS)) == 40
    with own_app.app_context():
        found = Counter(db.session.scalars(sa.select(Alert.event_id)))
    assert (len(found), set(found.values())) == (40, {1})


def test_watchers_that_begin_at_once_make_the_usual_rules_once(own_app):
    def work(_):
        with own_app.app_context():
            try:
                watch()
                db.session.commit()
            except sa.exc.IntegrityError:
                db.session.rollback()

    together(work, WORKERS)
    with own_app.app_context():
        names = db.session.scalars(sa.select(AlertRule.name)).all()
    assert names
    assert len(names) == len(set(names))


def test_of_many_rules_of_one_name_one_is_made_and_the_others_are_refused(own_app):
    def make(_):
        with own_app.app_context():
            try:
                create_rule(by=SYSTEM, terms=RuleTerms(name="Twins", outcome="denied"))
                db.session.commit()
            except BadRule as refusal:
                return refusal.field

    assert Counter(together(make, WORKERS)) == {None: 1, "name": WORKERS - 1}
