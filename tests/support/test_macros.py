"""Macros: kept by managers, run as one transaction with one's own rights, taken back as a whole."""

import json
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import Denied, NotFound
from portal.core.staleness import Stale
from portal.customers.models import User
from portal.entitlements.grants import grant_user_feature
from portal.entitlements.models import UserEntitlement
from portal.entitlements.revoking import revoke_grant
from portal.support.change_words import NothingToChange, sentence
from portal.support.fields import UnknownValue
from portal.support.filling import UnknownVariable
from portal.support.macro_list import macros_beside, runs_of
from portal.support.macro_runs import (
    NothingDone,
    StalePreview,
    preview,
    run_macro,
    undo_macro,
)
from portal.support.macros import BadGrant, archive_macro, change_macro, create_macro, macros
from portal.support.messages import NotWritable
from portal.support.models import MacroRun, SupportMessage, TicketEvent
from portal.support.tagging import change_tags
from portal.support.words import Status
from tests.cast import actor, make_user
from tests.ledger import events
from tests.statements import counted
from tests.support.desk import customer_writes, make_agent, make_ticket

REPORTS = "custom_reports"
GRANT = {"feature_name": REPORTS, "days": 14}
HELP = {
    "priority": "high",
    "add_tags": ["vip"],
    "body": "Hello {requester_first_name}, you have it for two weeks.",
    "grant": GRANT,
    "status": "solved",
}


@pytest.fixture
def ticket(catalog, acme):
    return make_ticket(make_user(acme))


def saved(mo, name="Lend reports", **steps):
    return create_macro(by=actor(mo), name=name, steps=steps or HELP)


def run(person, ticket, macro, **more):
    found = run_macro(by=actor(person), ticket=ticket, author=person, macro_id=macro.id, **more)
    db.session.commit()
    return found


def granted():
    return list(db.session.scalars(sa.select(UserEntitlement)))


def written(ticket):
    query = sa.select(SupportMessage.body).filter_by(ticket_id=ticket.id)
    return list(db.session.scalars(query.order_by(SupportMessage.id)))


def test_all_steps_are_done_at_once(bea, mo, ticket):
    found = run(bea, ticket, saved(mo))
    assert (ticket.priority, ticket.status, ticket.tags) == ("high", "solved", ["vip"])
    assert written(ticket)[1:] == ["Hello Uma, you have it for two weeks."]
    (grant,) = granted()
    assert (grant.id, grant.cause_type, grant.cause_id) == (
        found.entitlement_id,
        "ticket",
        ticket.number,
    )
    assert abs(grant.expires_at - clock.now() - timedelta(days=14)) < timedelta(minutes=1)
    assert (ticket.assignee_id, grant.created_by) == (bea.id, bea.id)


def test_it_leaves_its_own_event_and_those_of_its_steps(bea, mo, ticket):
    macro = saved(mo)
    found = run(bea, ticket, macro)
    (applied,) = events("macro.applied")
    meta = json.loads(applied.canonical)["meta"]
    assert (meta["macro"], meta["run_id"]) == ("Lend reports", found.id)
    for action in ("ticket.replied", "entitlement.granted", "ticket.changed"):
        assert {event.actor_id for event in events(action)} == {bea.id}
    query = sa.select(TicketEvent.kind).filter_by(cause=f"macro:{macro.id}")
    kinds = list(db.session.scalars(query.order_by(TicketEvent.id)))
    assert kinds == ["priority", "tags", "status", "macro"]


def test_a_grant_that_is_refused_leaves_nothing_of_the_macro(bea, mo, ticket):
    macro = saved(mo, **{**HELP, "grant": {**GRANT, "days": 15}})
    db.session.commit()
    with pytest.raises(Denied):
        run(bea, ticket, macro)
    db.session.rollback()
    assert (ticket.priority, ticket.status, ticket.tags) == ("medium", "new", [])
    assert (len(written(ticket)), granted(), events("macro.applied")) == (1, [], [])
    assert run(mo, ticket, macro).entitlement_id is not None


def test_a_reply_that_is_refused_leaves_no_grant(bea, mo, ticket):
    macro = saved(mo, body="Hello", grant=GRANT)
    ticket.status, ticket.is_open = Status.CLOSED, False
    db.session.commit()
    with pytest.raises(NotWritable):
        run(bea, ticket, macro)
    db.session.rollback()
    assert (granted(), db.session.query(MacroRun).count()) == ([], 0)


def test_it_is_shown_in_words_before(bea, mo, ticket):
    shown = preview(by=actor(bea), ticket=ticket, macro=saved(mo), zone=ZoneInfo("UTC"))
    end = clock.now() + timedelta(days=14)
    assert sentence(shown.words) == (
        "Sets the status to solved; sets the priority to high; adds the tag vip; "
        "sends the reply below; gives it to you, as nobody has it; "
        f"grants Uma User Custom Reports until {end.day} {end:%b %Y}."
    )
    assert shown.body == "Hello Uma, you have it for two weeks."
    assert ticket.status == "new"


@pytest.mark.parametrize(
    ("has_it", "steps", "gives"),
    [
        (False, {"body": "Hello"}, True),
        (False, {"body": "Look", "is_internal": True}, False),
        (False, {"priority": "high"}, False),
        (True, {"body": "Hello"}, False),
        (True, {"body": "Hello", "assign_to": None}, True),
    ],
)
def test_it_is_said_before_where_the_reply_gives_the_ticket_to_its_author(
    bea, mo, ticket, has_it, steps, gives
):
    if has_it:
        ticket.assignee_id = make_agent(mo).id
    macro = saved(mo, **steps)
    shown = preview(by=actor(bea), ticket=ticket, macro=macro, zone=ZoneInfo("UTC"))
    run(bea, ticket, macro)
    assert any(words.startswith("gives it to you") for words in shown.words) is gives
    assert (ticket.assignee_id == bea.id) is gives


def test_a_note_is_no_reply(bea, mo, ticket):
    run(bea, ticket, saved(mo, body="Ask {requester_name}.", is_internal=True))
    kinds = db.session.scalars(sa.select(SupportMessage.kind).order_by(SupportMessage.id)).all()
    assert (kinds, ticket.status, ticket.first_response_at) == (["public", "note"], "new", None)


def test_a_second_press_does_nothing_a_second_time(bea, mo, ticket):
    macro = saved(mo)
    seen = {"macro_version": macro.version, "ticket_version": ticket.version}
    run(bea, ticket, macro, **seen)
    with pytest.raises(StalePreview):
        run(bea, ticket, macro, **seen)
    assert (len(written(ticket)), len(granted())) == (2, 1)


def test_what_came_after_the_preview_is_looked_at_first(bea, mo, ticket):
    macro, version = saved(mo), ticket.version
    customer_writes(ticket)
    with pytest.raises(StalePreview):
        run(bea, ticket, macro, ticket_version=version)
    change_macro(by=actor(mo), macro_id=macro.id, name="x", steps={"status": "open"}, version=1)
    with pytest.raises(StalePreview):
        run(bea, ticket, macro, macro_version=1)


def test_what_is_so_already_is_no_run(bea, mo, ticket):
    with pytest.raises(NothingDone):
        run(bea, ticket, saved(mo, priority="medium"))


def test_taking_it_back_restores_fields_and_revokes_the_grant(bea, mo, ticket):
    found = run(bea, ticket, saved(mo))
    undone = undo_macro(by=actor(bea), ticket=ticket, run_id=found.id)
    assert undone.restored == ["status", "priority", "assignee", "tags", "grant"]
    assert undone.kept == ["What was written stays in the ticket: it cannot be unsent."]
    assert (ticket.priority, ticket.status, ticket.tags) == ("medium", "new", [])
    assert (ticket.assignee_id, granted()[0].ended_by_label) == (None, bea.email)
    assert (found.undone_by, len(events("macro.undone"))) == (bea.id, 1)


def test_what_changed_since_stays(bea, mo, ticket):
    found = run(bea, ticket, saved(mo))
    revoke_grant(by=SYSTEM, row=granted()[0])
    change_tags(by=SYSTEM, ticket=ticket, remove=["vip"])
    ticket.priority = "urgent"
    undone = undo_macro(by=actor(mo), ticket=ticket, run_id=found.id)
    assert undone.restored == ["status", "assignee"]
    assert undone.kept[:3] == [
        "The priority was changed since.",
        "The tags were changed since.",
        "The grant had ended already.",
    ]


def test_it_is_taken_back_once_and_by_whoever_may(bea, mo, cy, ticket):
    found = run(bea, ticket, saved(mo))
    with pytest.raises(Denied):
        undo_macro(by=actor(cy), ticket=ticket, run_id=found.id)
    undo_macro(by=actor(mo), ticket=ticket, run_id=found.id)
    with pytest.raises(NothingDone, match="taken back already"):
        undo_macro(by=actor(bea), ticket=ticket, run_id=found.id)
    with pytest.raises(NotFound):
        undo_macro(by=actor(bea), ticket=ticket, run_id=found.id + 1)


def test_a_mere_reply_cannot_be_taken_back(bea, mo, ticket):
    ticket.status, ticket.assignee_id = Status.OPEN, None
    run(mo, ticket, saved(mo, body="First"))
    found = run(mo, ticket, saved(mo, name="Again", body="Second"))
    with pytest.raises(NothingDone, match="cannot be unsent"):
        undo_macro(by=actor(mo), ticket=ticket, run_id=found.id)


def test_a_grant_of_others_is_not_lifted_by_an_agent(bea, mo, ticket):
    user = db.session.get_one(User, ticket.requester_id)
    grant_user_feature(by=actor(mo), user=user, feature_name=REPORTS, quota_limit=5)
    macro = saved(mo, grant=GRANT)
    db.session.commit()
    with pytest.raises(Denied):
        run(bea, ticket, macro)
    db.session.rollback()
    assert [row.created_by for row in granted()] == [mo.id]


@pytest.mark.parametrize(
    ("steps", "refusal"),
    [
        ({}, NothingToChange),
        ({"status": "deleted"}, UnknownValue),
        ({"category": "x"}, UnknownValue),
        ({"body": "{who}"}, UnknownVariable),
        ({"grant": {"feature_name": REPORTS, "days": None}}, BadGrant),
        ({"grant": {"feature_name": REPORTS, "days": 366}}, BadGrant),
        ({"grant": {**GRANT, "quota_limit": -1}}, BadGrant),
        ({"grant": {"feature_name": "teleportation", "days": 1}}, NotFound),
    ],
)
def test_steps_that_cannot_be_are_refused(mo, catalog, steps, refusal):
    with pytest.raises(refusal):
        create_macro(by=actor(mo), name="Wrong", steps=steps)


def test_only_managers_keep_macros_and_of_two_one_is_told(bea, mo, catalog):
    with pytest.raises(Denied):
        create_macro(by=actor(bea), name="x", steps=HELP)
    macro = saved(mo)
    change = {"macro_id": macro.id, "name": "New", "steps": {"status": "open"}, "version": 1}
    change_macro(by=actor(mo), **change)
    with pytest.raises(Stale):
        change_macro(by=actor(mo), **change)
    with pytest.raises(Denied):
        archive_macro(by=actor(bea), macro_id=macro.id)
    archive_macro(by=actor(mo), macro_id=macro.id)
    assert (list(macros()), len(events("macro.archived"))) == ([], 1)


def test_what_an_archived_macro_did_is_still_taken_back(bea, mo, ticket):
    macro = saved(mo)
    found = run(bea, ticket, macro)
    archive_macro(by=actor(mo), macro_id=macro.id)
    assert [one.name for one in runs_of(ticket)] == ["Lend reports"]
    assert undo_macro(by=actor(bea), ticket=ticket, run_id=found.id).restored
    with pytest.raises(NotFound):
        run(bea, ticket, macro)


def test_beside_a_ticket_stand_those_to_apply_and_those_applied_at_one_question(bea, mo, ticket):
    for name in ("Zeal", "Ask", "Lend"):
        saved(mo, name, add_tags=[name])
    first, last = (run(bea, ticket, macro) for macro in list(macros())[:2])
    db.session.commit()
    with counted() as statements:
        found = macros_beside(ticket, actor(bea))
    assert len([one for one in statements if "macro" in one]) == 1
    assert [one.name for one in found["macros"]] == ["Ask", "Lend", "Zeal"]
    assert [one.id for one in found["runs"]] == [last.id, first.id]
    assert (found["runs"], found["undoer_id"]) == (runs_of(ticket), bea.id)
