"""Drafts: kept per ticket, person and kind, until they are sent."""

import pytest

from portal.core.database import db
from portal.support.bodies import BadBody
from portal.support.drafts import draft_of, mark_of, save_draft
from portal.support.messages import StaleSend, add_note
from portal.support.models import TicketDraft
from portal.support.suggesting import suggest
from portal.support.words import MessageKind
from tests.cast import actor, make_user
from tests.support.desk import answer, customer_writes, make_ticket

PUBLIC, NOTE = MessageKind.PUBLIC, MessageKind.NOTE


@pytest.fixture
def ticket(acme):
    return make_ticket(make_user(acme))


def keep(ticket, admin, body="Half a sen", kind=PUBLIC, **more):
    return save_draft(admin_id=admin.id, ticket=ticket, kind=kind, body=body, **more)


def write_note(ticket, admin, **more):
    return add_note(by=actor(admin), ticket=ticket, author=admin, body="note", **more)


def test_a_later_draft_takes_the_place_of_the_earlier(ticket, bea):
    assert keep(ticket, bea)
    assert keep(ticket, bea, "Half a sentence\r\nand more 🧾")
    assert draft_of(ticket, bea.id, PUBLIC) == "Half a sentence\nand more 🧾"
    assert db.session.query(TicketDraft).count() == 1


def test_a_reply_a_note_and_another_persons_draft_are_three(ticket, bea, mo):
    keep(ticket, bea, "reply")
    keep(ticket, bea, "note", NOTE)
    keep(ticket, mo, "mine")
    found = [draft_of(ticket, bea.id, kind) for kind in (PUBLIC, NOTE)]
    assert [*found, draft_of(ticket, mo.id, PUBLIC)] == ["reply", "note", "mine"]


@pytest.mark.parametrize("body", ["", " \n\t"])
def test_an_empty_draft_removes_the_one_before(ticket, bea, body):
    keep(ticket, bea)
    assert not keep(ticket, bea, body)
    assert draft_of(ticket, bea.id, PUBLIC) is None


def test_a_draft_is_as_long_as_a_message_at_most(ticket, bea):
    assert keep(ticket, bea, "🧾" * 50_000)
    with pytest.raises(BadBody):
        keep(ticket, bea, "x" * 50_001)


def test_sending_consumes_the_senders_draft_of_that_kind_alone(ticket, bea, mo):
    keep(ticket, bea)
    keep(ticket, bea, "note", NOTE)
    keep(ticket, mo, "mine")
    answer(ticket, bea, draft_seen=())
    assert draft_of(ticket, bea.id, PUBLIC) is None
    assert draft_of(ticket, bea.id, NOTE) == "note"
    write_note(ticket, bea, draft_seen=())
    assert draft_of(ticket, bea.id, NOTE) is None
    assert draft_of(ticket, mo.id, PUBLIC) == "mine"


@pytest.mark.parametrize("write", [write_note, answer])
def test_what_was_written_elsewhere_leaves_the_draft_alone(ticket, bea, write):
    keep(ticket, bea)
    keep(ticket, bea, "note", NOTE)
    write(ticket, bea)
    assert [draft_of(ticket, bea.id, kind) for kind in (PUBLIC, NOTE)] == ["Half a sen", "note"]


def test_a_refused_reply_keeps_the_draft(ticket, bea):
    seen = ticket.last_public_message_id
    keep(ticket, bea)
    customer_writes(ticket)
    with pytest.raises(StaleSend):
        answer(ticket, bea, seen_message_id=seen)
    assert draft_of(ticket, bea.id, PUBLIC) == "Half a sen"


def test_a_save_that_comes_after_its_form_was_sent_keeps_nothing(ticket, bea):
    answer(ticket, bea, submit_key="form-1")
    assert not keep(ticket, bea, submit_key="form-1")
    assert draft_of(ticket, bea.id, PUBLIC) is None
    assert keep(ticket, bea, submit_key="form-2")


SENTENCE = "Use the code SORRY-20."


def approved(ticket, admin):
    """Somebody else puts a sentence into the reply that the person is writing."""
    suggest(admin_id=admin.id, ticket=ticket, text=SENTENCE)


@pytest.mark.parametrize("begun", ["", "Half a ", "Grüße 🧾"])
def test_what_a_form_had_not_seen_stands_after_what_was_typed_in_it(ticket, bea, begun):
    keep(ticket, bea, begun)
    approved(ticket, bea)
    seen = [mark_of(begun)]
    for typed in ("Half a sen", "Half", "Half a sentence"):
        kept = keep(ticket, bea, typed, seen=seen)
        assert kept == draft_of(ticket, bea.id, PUBLIC) == f"{typed}\n\n{SENTENCE}"
        seen.append(mark_of(typed))


def test_what_a_form_has_seen_may_be_deleted_in_it(ticket, bea):
    keep(ticket, bea)
    approved(ticket, bea)
    seen = [mark_of("Half a sen"), mark_of(draft_of(ticket, bea.id, PUBLIC))]
    assert keep(ticket, bea, "Half", seen=seen) == "Half"
    assert keep(ticket, bea, "", seen=[*seen, mark_of("Half")]) is None


def test_an_answer_that_comes_back_above_is_kept_above(ticket, bea):
    keep(ticket, bea, "Sent.\n\nHalf")
    assert keep(ticket, bea, "Half a", seen=[mark_of("Half")]) == "Sent.\n\nHalf a"


def test_of_two_forms_that_were_typed_in_neither_text_is_lost(ticket, bea):
    keep(ticket, bea, "In the first.")
    kept = keep(ticket, bea, "In the second.", seen=[mark_of("")])
    assert kept == "In the second.\n\nIn the first."
    assert keep(ticket, bea, kept, seen=[mark_of(""), "no mark", "9-9"]) == kept


@pytest.mark.parametrize(("write", "kind"), [(answer, PUBLIC), (write_note, NOTE)])
def test_what_was_not_seen_when_it_was_sent_is_the_draft_that_is_left(ticket, bea, write, kind):
    keep(ticket, bea, f"Half\n\n{SENTENCE}", kind)
    write(ticket, bea, draft_seen=[mark_of("Half")])
    assert draft_of(ticket, bea.id, kind) == SENTENCE
    write(ticket, bea, draft_seen=[mark_of("Half"), mark_of(SENTENCE)])
    assert draft_of(ticket, bea.id, kind) is None
