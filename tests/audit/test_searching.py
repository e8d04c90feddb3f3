"""Finding events by their words."""

from datetime import timedelta

import flask_migrate
import pytest
import sqlalchemy as sa

from portal.audit.actions import Action, Outcome, Stream
from portal.audit.ledger import Target, record
from portal.audit.models import AuditEvent
from portal.audit.searching import has_text, is_outcome, rows_of
from portal.core import clock
from portal.core.actor import SYSTEM, Actor, ActorType
from portal.core.database import db
from portal.core.provenance import Provenance, set_provenance
from tests.conftest import make_app
from tests.databases import upgrade

ZOE = Actor(ActorType.ADMIN, 7, "zoe.kovac@boxcostpro.test", "manager")
DAY = timedelta(days=1)


def done(by=ZOE, label="Zoë Kovač-Müller", action=Action.STAFF_INVITED, **more):
    return record(action, by=by, target=Target("staff", 3, label), **more)


@pytest.fixture
def hers(app):
    """One event with words of every kind beside one without them."""
    set_provenance(Provenance(request_id="req-12ab34cd-Front"))
    event = done(reason="On leave (until May)", meta={"hidden": "canary"})
    set_provenance(Provenance())
    record(Action.BACKUP_MADE, by=SYSTEM)
    db.session.flush()
    return event.id


def found(text, wanted=51, is_older=True, **marks):
    order = AuditEvent.occurred_at.desc() if is_older else AuditEvent.occurred_at.asc()
    query = sa.select(AuditEvent.id).where(has_text(text, **marks)).order_by(order)
    return [row.id for row in rows_of(query.limit(wanted), wanted=wanted, is_older=is_older)]


@pytest.mark.parametrize(
    "text",
    [
        "zoe",
        "Zoë",
        "ZOË",
        "kovac",
        "kovač-mül",
        "zoe.kovac@boxcostpro.test",
        "zoe.kovac@box",
        "boxcostpro.test",
        "boxcostpro",
        "staff.invited",
        "invi",
        "LEAVE until",
        "(may)",
        "req-12ab34cd-front",
        "12ab34cd",
        "muller zoe on",
    ],
)
def test_labels_reasons_actions_and_request_ids_are_found_and_their_parts(hers, text):
    assert found(text) == [hers]


@pytest.mark.parametrize(
    "text",
    ["bea", "zoe nobody", "oe", "est", "box@test", "canary", "zo", "", "!!!", "💥", "~sadmin"],
)
def test_what_is_not_said_is_not_found(hers, text):
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        *(
            "a' OR 1",
            "x:*",
            'a"b',
            "NEAR(",
            "a & | ! <->",
            "\\'",
            "*",
            "\x00",
            "a\x00b",
            "AND OR NOT",
        ),
        *(
            "'",
            '"',
            "''",
            "a\\",
            "words:a",
            "-a",
            "^a",
            "{a}",
            "\ud800",
            "क्षि",
            "ﬁ",
            "𐴀𐴁",
            "a" * 5000,
        ),
    ],
)
def test_whatever_is_typed_is_no_operator(hers, text):
    assert found(text) == []


def test_a_word_of_any_script_is_found_in_small_letters_and_large(app):
    for label in ("Дмитрий Őry", "Ελένη Ωμέγα", "ДМИТРО", "山田 太郎"):
        done(label=label)
    db.session.flush()
    for text in ("дмитрий őry", "ДМИТРИЙ ory", "ελένη", "ΩΜΈΓΑ", "дмитро", "山田"):
        assert len(found(text)) == 1, text


def test_each_word_is_found_once_it_is_three_letters_long_by_its_beginning(app):
    done(label="Ab Abc")
    done(label="Abcd")
    db.session.flush()
    assert [len(found(text)) for text in ("ab", "abc", "a")] == [1, 2, 0]


def test_the_newest_come_first_whatever_span_of_time_holds_them(app):
    ids = []
    for back in (1000, 400, 90, 20, 5, 1, 0):
        with clock.standing_at(clock.now() - back * DAY):
            ids.append(done().id)
    db.session.flush()
    for wanted in range(1, 9):
        assert found("zoe", wanted) == ids[::-1][:wanted]


def test_a_page_goes_on_from_any_instant_in_both_directions(app):
    now, ids = clock.now(), []
    for back in range(900, 0, -60):
        with clock.standing_at(now - back * DAY):
            ids.append(done().id)
    db.session.flush()
    edge = clock.timestamp(now - 450 * DAY)
    asked = sa.select(AuditEvent.id).where(has_text("zoe"))
    key, here = sa.tuple_(AuditEvent.occurred_at, AuditEvent.id), (sa.literal(edge), sa.literal(""))
    older = asked.where(key < sa.tuple_(*here)).order_by(AuditEvent.occurred_at.desc())
    newer = asked.where(key > sa.tuple_(*here)).order_by(AuditEvent.occurred_at)
    assert [r.id for r in rows_of(older.limit(3), wanted=3)] == ids[7:4:-1]
    assert [r.id for r in rows_of(newer.limit(3), wanted=3, is_older=False)] == ids[8:11]
    assert [r.id for r in rows_of(newer.limit(9), wanted=9, is_older=False)] == ids[8:]


def test_marks_of_stream_actor_and_tenant_narrow(app):
    mine = done(tenant_id=5).id
    record(Action.SESSION_OPENED, by=ZOE, tenant_id=51)
    done(by=Actor(ActorType.ADMIN, 77, ZOE.label))
    db.session.flush()
    marks = {"stream": Stream.ADMIN, "actor": ("admin", 7), "tenant_id": 5}
    assert found("zoe", **marks) == [mine]
    assert [len(found("zoe", **{name: value})) for name, value in marks.items()] == [2, 2, 1]


def test_a_rare_outcome_is_asked_for_as_it_is(app):
    denied = done(outcome=Outcome.DENIED).id
    done()
    db.session.flush()
    ids = [db.session.scalars(sa.select(AuditEvent.id).where(is_outcome(o))).all() for o in Outcome]
    assert (len(ids[0]), ids[1], ids[2]) == (1, [], [denied])


def test_the_index_is_filled_with_what_was_there_and_goes_without_a_trace(database, tmp_path):
    app = make_app(database.empty(), tmp_path)
    upgrade(app)
    with app.app_context():
        flask_migrate.downgrade(revision="0012_audit_proofs")
        event = done().id
        db.session.commit()
        assert not [t for t in sa.inspect(db.engine).get_table_names() if "audit_search" in t]
        flask_migrate.upgrade()
        assert found("kovac") == [event]
        db.session.remove()
        db.engine.dispose()
