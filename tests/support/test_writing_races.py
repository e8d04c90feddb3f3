"""Two presses at once, and a save that crosses its own sending: real threads, real transactions."""

from concurrent.futures import ThreadPoolExecutor, wait

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.core.database import db
from portal.customers.models import User
from portal.staff.models import Admin
from portal.support.drafts import save_draft
from portal.support.fields import FieldConflict, Wanted, change_fields
from portal.support.models import SupportMessage, SupportTicket, TicketDraft
from portal.support.opening import open_once
from portal.support.presence import note_presence
from portal.support.tagging import change_tags
from portal.support.tickets import Opening
from portal.support.words import Channel, MessageKind
from tests.cast import actor, make_admin, make_tenant, make_user
from tests.staff.test_races import together
from tests.support.desk import answer, make_ticket

pytestmark = pytest.mark.race
AT_ONCE = 8


@pytest.fixture
def desk(own_app: Flask) -> Flask:
    """Bea and one ticket, in a database of their own."""
    with own_app.app_context():
        make_admin("Bea Agent")
        make_ticket(make_user(make_tenant()))
        db.session.commit()
    return own_app


def at_once(app, work):
    """Each in a transaction of its own."""

    def play(number):
        with app.app_context():
            bea = db.session.scalars(sa.select(Admin)).one()
            ticket = db.session.scalars(sa.select(SupportTicket)).first()
            try:
                found = work(bea, ticket, number)
                db.session.commit()
            except FieldConflict:
                db.session.rollback()
                return "conflict"
            return found

    return together(play, AT_ONCE)


def count(app, model):
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count()).select_from(model))


def test_one_form_pressed_by_many_fingers_is_one_message(desk):
    sent = at_once(desk, lambda bea, ticket, _: answer(ticket, bea, submit_key="once").is_new)
    assert sorted(sent) == [False] * (AT_ONCE - 1) + [True]
    assert count(desk, SupportMessage) == 2


def test_one_new_ticket_pressed_by_many_fingers_is_one_ticket(desk):
    def press(bea, _ticket, _number):
        opening = Opening("A call", "It creaks.", Channel.PHONE, submit_key="once")
        user = db.session.scalars(sa.select(User)).one()
        return open_once(by=actor(bea), person_id=bea.id, requester=user, opening=opening)[1]

    assert sorted(at_once(desk, press)) == [False] * (AT_ONCE - 1) + [True]
    assert count(desk, SupportTicket) == 2


def test_a_draft_never_outlives_the_message_that_it_became(desk):
    def save_or_send(bea, ticket, number):
        if number == 0:
            return answer(ticket, bea, submit_key="form", draft_seen=()).is_new
        values = {"admin_id": bea.id, "kind": MessageKind.PUBLIC, "submit_key": "form"}
        return save_draft(ticket=ticket, body=f"Half {number}", **values)

    at_once(desk, save_or_send)
    assert count(desk, TicketDraft) == 0


def test_a_save_that_is_under_way_waits_for_the_sending(desk):
    def save():
        with desk.app_context():
            ticket = db.session.scalars(sa.select(SupportTicket)).one()
            values = {"admin_id": bea_id, "kind": MessageKind.PUBLIC, "submit_key": "form"}
            is_kept = save_draft(ticket=ticket, body="Half", **values)
            db.session.commit()
            return is_kept

    with ThreadPoolExecutor(1) as pool, desk.app_context():
        bea = db.session.scalars(sa.select(Admin)).one()
        bea_id = bea.id
        answer(db.session.scalars(sa.select(SupportTicket)).one(), bea, submit_key="form")
        saving = pool.submit(save)
        wait([saving], timeout=0.5)
        db.session.commit()
        assert saving.result() is None


def test_of_many_who_change_one_field_one_wins_and_the_others_hear_of_it(desk):
    def change(bea, ticket, number):
        wanted = {"subject": Wanted(f"Subject {number}", "The press stopped")}
        return change_fields(by=actor(bea), ticket=ticket, wanted=wanted) == ["subject"]

    found = at_once(desk, change)
    assert (found.count(True), found.count("conflict")) == (1, AT_ONCE - 1)


def test_tags_of_many_at_once_are_all_there(desk):
    at_once(
        desk, lambda bea, ticket, n: change_tags(by=actor(bea), ticket=ticket, add=[f"tag-{n}"])
    )
    with desk.app_context():
        ticket = db.session.scalars(sa.select(SupportTicket)).one()
        assert sorted(ticket.tags) == [f"tag-{n}" for n in range(AT_ONCE)]


def test_signs_of_life_at_once_are_one_row(desk):
    at_once(desk, lambda bea, ticket, _: note_presence(admin_id=bea.id, ticket_id=ticket.id))
