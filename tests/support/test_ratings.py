"""What customers thought: one link a solve, looked at by scanners, answered by people."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.mail.models import MailStatus
from portal.staff.models import Notice
from portal.support.company import around
from portal.support.messages import add_note
from portal.support.models import TicketEvent, TicketRating
from portal.support.ratings import OPEN_FOR, RatingGone, open_rating, rate, rating_token
from portal.support.statuses import move
from portal.support.words import Status
from tests.cast import actor, make_user
from tests.ledger import events
from tests.support.desk import answer, customer_writes, make_ticket
from tests.support.letters import mails, text, work_later


@pytest.fixture
def ticket(acme):
    return make_ticket(make_user(acme))


@pytest.fixture
def solved(ticket, bea):
    answer(ticket, bea, status=Status.SOLVED)
    return ticket


def link(ticket):
    return f"/rate/{rating_token(ticket)}"


def ratings():
    return [(row.score, row.comment) for row in db.session.query(TicketRating)]


def test_a_solve_asks_once_by_one_link(app, solved):
    (mail,) = mails("ticket_solved")
    assert f"http://localhost{link(solved)}" in text(mail).replace("\n", "")
    assert mail.recipient == solved.requester_email
    work_later(app)
    assert (mail.status, mail.body_sealed) == (MailStatus.SENT, None)


def test_nobody_is_asked_who_got_no_answer(ticket, bea):
    add_note(by=actor(bea), ticket=ticket, author=bea, body="A note is none.")
    move(by=SYSTEM, ticket=ticket, status=Status.SOLVED)
    assert mails("ticket_solved") == []


@pytest.mark.parametrize("status", [Status.SPAM, Status.MERGED, Status.DELETED, Status.CLOSED])
def test_no_other_end_asks(ticket, bea, status):
    answer(ticket, bea)
    move(by=SYSTEM, ticket=ticket, status=status)
    assert mails("ticket_solved") == []


def test_a_solve_that_is_taken_back_at_once_does_not_ask(app, solved):
    customer_writes(solved)
    work_later(app)
    assert [mail.status for mail in mails("ticket_solved")] == [MailStatus.CANCELLED]


def test_closing_what_is_solved_still_asks(app, solved):
    move(by=SYSTEM, ticket=solved, status=Status.CLOSED)
    work_later(app)
    assert [mail.status for mail in mails("ticket_solved")] == [MailStatus.SENT]


def test_each_solve_is_asked_about_and_answered_for_itself(solved, bea):
    rate(token=rating_token(solved), score=1)
    customer_writes(solved)
    answer(solved, bea, status=Status.SOLVED)
    rate(token=rating_token(solved), score=3)
    assert len(mails("ticket_solved")) == 2
    assert ratings() == [(1, ""), (3, "")]
    assert around(solved, bea.id).rating.score == 3


def test_looking_counts_nothing(client, solved):
    for _ in range(3):
        assert client.get(link(solved)).status_code == 200
        assert client.head(link(solved)).status_code == 200
    assert (ratings(), events("ticket.rated")) == ([], [])


def test_a_press_counts(client, solved, bea):
    found = client.submit(link(solved), score="3", comment=" Quick! ")
    assert (found.status_code, "Thank you" in found.text) == (200, True)
    assert ratings() == [(3, "Quick!")]
    assert db.session.query(TicketRating.agent_id).scalar() == bea.id
    event = events("ticket.rated")[-1]
    assert (event.actor_type, event.actor_id, event.target_id) == (
        "customer",
        solved.requester_id,
        solved.number,
    )


def test_another_press_replaces_the_first_and_the_same_one_is_nothing_new(client, solved):
    for score in ("3", "1", "1"):
        client.submit(link(solved), score=score, comment="")
    assert (ratings(), len(events("ticket.rated"))) == ([(1, "")], 2)
    kinds = db.session.query(TicketEvent).filter_by(kind="rated").all()
    assert [(row.old, row.new) for row in kinds] == [(None, "Good"), ("Good", "Bad")]


def test_the_page_shows_what_was_answered_before(client, solved):
    client.submit(link(solved), score="2", comment="Fine")
    page = client.soup(link(solved))
    assert page.select_one("input[name=score][checked]")["value"] == "2"
    assert "Fine" in page.select_one("textarea").text


def test_the_page_shows_nothing_internal(client, solved, bea):
    add_note(by=actor(bea), ticket=solved, author=bea, body="canary")
    shown = client.get(link(solved)).text
    assert solved.subject in shown
    assert solved.number in shown
    for word in ("canary", "Bea", "Acme", "E-42", solved.requester_email):
        assert word not in shown


@pytest.mark.parametrize("fields", [{}, {"score": "0"}, {"score": "4"}, {"score": "x"}])
def test_a_choice_is_needed(client, solved, fields):
    assert client.submit(link(solved), comment="x", **fields).status_code == 422
    assert ratings() == []


def test_a_comment_has_an_end(client, solved):
    assert client.submit(link(solved), score="3", comment="x" * 1001).status_code == 422
    assert client.submit(link(solved), score="3", comment="x" * 1000).status_code == 200


def test_after_thirty_days_the_link_is_dead(client, solved):
    place, until = link(solved), solved.solved_at + OPEN_FOR
    with time_machine.travel(until - timedelta(seconds=5), tick=False):
        assert client.get(place).status_code == 200
    with time_machine.travel(until, tick=False):
        assert client.get(place).status_code == 410
        assert client.submit(place, score="3").status_code == 410
    assert ratings() == []


@pytest.mark.parametrize("status", [Status.SPAM, Status.MERGED, Status.DELETED])
def test_a_ticket_that_is_gone_is_not_rated(client, solved, status):
    place = link(solved)
    move(by=SYSTEM, ticket=solved, status=status)
    assert client.get(place).status_code == 410


def test_a_changed_token_opens_nothing(client, solved, acme):
    token = rating_token(solved)
    payload, _, signature = token.partition(".")
    other = make_ticket(make_user(acme, "Otto Other"))
    other.solved_at = clock.now()
    stolen = f"{rating_token(other).partition('.')[0]}.{signature}"
    for forged in ("x", payload, f"{payload}.{signature[:-2]}AA", stolen, token[::-1], "%00"):
        assert client.get(f"/rate/{forged}").status_code == 410
    with pytest.raises(RatingGone):
        open_rating(stolen)


def test_an_unhappy_customer_is_told_to_who_answered(client, solved, bea):
    client.submit(link(solved), score="3")
    assert db.session.query(Notice).count() == 0
    client.submit(link(solved), score="1")
    (notice,) = db.session.query(Notice)
    assert (notice.admin_id, notice.kind) == (bea.id, "ticket_rated")
