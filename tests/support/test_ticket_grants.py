"""Granting from a ticket: what is written where, who may, and how it ends."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import Conflict, Denied, NotFound
from portal.entitlements.checks import check_feature_access
from portal.entitlements.expiry import note_expired
from portal.entitlements.revoking import revoke_grant
from portal.entitlements.terms import BadTerms
from portal.support.merging import merge
from portal.support.models import SupportMessage, TicketEvent
from portal.support.ticket_grants import (
    GrantedBefore,
    NoGrantHere,
    grant_from_ticket,
    grants_of,
    preview_from_ticket,
    revoke_from_ticket,
)
from portal.support.words import Status
from tests.cast import actor, make_user
from tests.support.desk import make_ticket

REPORTS = "custom_reports"


@pytest.fixture
def uma(acme, catalog):
    return make_user(acme)


@pytest.fixture
def ticket(uma):
    return make_ticket(uma)


def days(number):
    return clock.now() + timedelta(days=number)


def grant(ticket, by, **more):
    terms = {"feature_name": REPORTS, "expires_at": days(7), **more}
    return grant_from_ticket(by=by, ticket=ticket, **terms)


def notes(ticket):
    query = sa.select(SupportMessage).filter_by(ticket_id=ticket.id, kind="system")
    return list(db.session.scalars(query.order_by(SupportMessage.id)))


def happened(ticket):
    query = sa.select(TicketEvent.kind).filter_by(ticket_id=ticket.id).order_by(TicketEvent.id)
    return list(db.session.scalars(query))


def may(user):
    return check_feature_access(user_id=user.id, feature_name=REPORTS).allowed


def test_a_grant_names_its_ticket_and_the_ticket_the_grant(ticket, uma, bea):
    granted = grant(ticket, actor(bea), quota_limit=5, reason="the press is down")
    row = granted.row
    assert (row.cause_type, row.cause_id) == ("ticket", ticket.number)
    assert (row.user_id, row.quota_limit) == (uma.id, 5)
    assert row.reason == f"{ticket.number}: the press is down"
    (note,) = notes(ticket)
    assert note.author_name == "The portal"
    assert note.body.startswith(f"{bea.name} granted Custom Reports with a limit of 5 to Uma")
    assert note.body.endswith(f"http://localhost/entitlements/user-grants/{row.id}")
    assert happened(ticket)[-1] == "granted"
    assert may(uma)


def test_the_ledger_links_the_grant_to_the_ticket(ticket, bea):
    grant(ticket, actor(bea))
    query = sa.select(AuditEvent).where(AuditEvent.action == "entitlement.granted")
    event = db.session.scalars(query).one()
    meta = json.loads(event.canonical)["meta"]
    assert (meta["cause_type"], meta["cause_id"]) == ("ticket", ticket.number)
    assert event.reason == ticket.number


def test_a_reason_that_names_the_ticket_names_it_once(ticket, bea):
    granted = grant(ticket, actor(bea), reason=f"{ticket.number}: as asked")
    assert granted.row.reason == f"{ticket.number}: as asked"


def test_the_customer_reads_nothing_of_it(ticket, bea):
    before = (ticket.last_public_message_id, ticket.last_message_preview, ticket.status)
    grant(ticket, actor(bea))
    assert (ticket.last_public_message_id, ticket.last_message_preview, ticket.status) == before


def test_a_grant_without_an_end_is_refused(ticket, ann):
    with pytest.raises(BadTerms):
        grant(ticket, actor(ann), expires_at=None)
    with pytest.raises(BadTerms):
        preview_from_ticket(by=actor(ann), ticket=ticket, feature_name=REPORTS, expires_at=None)
    assert grants_of(ticket) == []


def test_an_agent_grants_for_two_weeks_and_no_longer(ticket, bea, mo):
    with pytest.raises(Denied):
        grant(ticket, actor(bea), expires_at=days(15))
    assert grant(ticket, actor(bea), expires_at=days(13)).after.allowed
    assert grant(ticket, actor(mo), expires_at=days(60)).after.allowed


def test_nobody_without_the_right_grants(ticket, cy):
    cy.role = "finance"
    with pytest.raises(Denied):
        grant(ticket, actor(cy))


@pytest.mark.parametrize("status", [Status.MERGED, Status.SPAM, Status.DELETED])
def test_nothing_is_granted_from_what_is_no_ticket_any_more(ticket, bea, status):
    ticket.status = status
    with pytest.raises(NoGrantHere):
        grant(ticket, actor(bea))


def test_a_preview_leaves_nothing(ticket, uma, bea):
    found = preview_from_ticket(
        by=actor(bea), ticket=ticket, feature_name=REPORTS, expires_at=days(7)
    )
    assert (found.before.allowed, found.after.allowed) == (False, True)
    assert (grants_of(ticket), notes(ticket), may(uma)) == ([], [], False)


def test_the_same_form_grants_once(ticket, bea):
    grant(ticket, actor(bea), submit_key="k-1")
    db.session.commit()
    with pytest.raises(GrantedBefore):
        grant(ticket, actor(bea), submit_key="k-1")
    db.session.rollback()
    assert (len(grants_of(ticket)), len(notes(ticket))) == (1, 1)


def test_what_was_granted_is_taken_back(ticket, uma, bea):
    row = grant(ticket, actor(bea)).row
    revoked = revoke_from_ticket(by=actor(bea), ticket=ticket, grant_id=row.id)
    assert (revoked.before.allowed, revoked.after.allowed, may(uma)) == (True, False, False)
    assert notes(ticket)[-1].body == f"{bea.name} took Custom Reports back from Uma User."
    assert happened(ticket)[-1] == "grant_taken_back"
    with pytest.raises(Conflict):
        revoke_from_ticket(by=actor(bea), ticket=ticket, grant_id=row.id)


def test_a_grant_of_another_ticket_is_not_taken_back_here(ticket, uma, bea):
    row = grant(make_ticket(uma), actor(bea)).row
    with pytest.raises(NotFound):
        revoke_from_ticket(by=actor(bea), ticket=ticket, grant_id=row.id)


def run_out():
    with clock.standing_at(days(8)):
        note_expired({})


def test_its_end_is_noted_and_does_not_reopen_the_ticket(ticket, bea):
    grant(ticket, actor(bea))
    ticket.status, ticket.is_open = Status.CLOSED, False
    run_out()
    assert notes(ticket)[-1].body == "Custom Reports ended for Uma User."
    assert (ticket.status, ticket.is_unread) == ("closed", True)
    assert happened(ticket)[-1] == "grant_ended"
    note_expired({})
    assert len(notes(ticket)) == 2


def test_the_end_is_told_where_the_ticket_went(ticket, uma, bea):
    row, target = grant(ticket, actor(bea)).row, make_ticket(uma)
    merge(by=actor(bea), source=ticket, target=target)
    run_out()
    assert notes(target)[-1].body == "Custom Reports ended for Uma User."
    assert [one.id for one in grants_of(target)] == [row.id]


@pytest.mark.parametrize("cause", [("ticket", "x"), ("ticket", "TCK-2020-000001"), ("other", "1")])
def test_an_end_that_belongs_to_no_ticket_is_noted_all_the_same(ticket, bea, cause):
    row = grant(ticket, actor(bea)).row
    row.cause_type, row.cause_id = cause
    run_out()
    assert row.expiry_noted_at is not None
    assert len(notes(ticket)) == 1


def test_what_was_taken_back_before_does_not_end_again(ticket, bea):
    row = grant(ticket, actor(bea)).row
    revoke_grant(by=SYSTEM, row=row)
    run_out()
    assert len(notes(ticket)) == 1
