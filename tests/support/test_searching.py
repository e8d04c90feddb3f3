"""Finding tickets by their words."""

import re
from zoneinfo import ZoneInfo

import pytest

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.support.filter_language import parse
from portal.support.filtering import Looking
from portal.support.merging import merge
from portal.support.messages import add_note
from portal.support.searching import PER_PAGE, search
from portal.support.snippets import snippet_of
from portal.support.words import Priority
from tests.cast import actor, make_user
from tests.statements import counted
from tests.support.desk import as_customer, customer_writes, make_ticket

OTHER = {"subject": "An invoice", "body": "Twice the sum."}


@pytest.fixture
def uma(acme):
    return make_user(acme, "Uma Müller", email="uma.mueller@acme.test")


def found(by, text, page=1):
    looking = Looking(by, ZoneInfo("UTC"), clock.now())
    return search(by=by, asked=parse(text), looking=looking, page=page)


def numbers(by, text):
    return [one.number for one in found(by, text).items]


@pytest.mark.parametrize(
    "text",
    [
        "stopped",
        "STOP",
        "E-42",
        '"says E-42"',
        "muller",
        "Müller",
        "uma.mueller@acme.test",
        "acme press",
        "says press",
    ],
)
def test_subjects_messages_people_and_their_parts_are_found(uma, birch, bea, text):
    make_ticket(make_user(birch, "Otto Other"), **OTHER)
    ticket = make_ticket(uma)
    assert numbers(actor(bea), text) == [ticket.number]


def test_what_is_found_stands_in_another_order_if_it_is_asked_for(uma, bea):
    made = [make_ticket(uma, subject=f"press {place}").number for place in range(PER_PAGE + 2)]
    assert numbers(actor(bea), "sort:oldest press") == made[:PER_PAGE]
    assert [one.number for one in found(actor(bea), "press sort:oldest", 2).items] == made[
        PER_PAGE:
    ]
    assert numbers(actor(bea), "press sort:newest") == made[::-1][:PER_PAGE]


@pytest.mark.one_database("postgresql")
@pytest.mark.parametrize("text", ["press", "press stopped", "status:any press"])
def test_postgresql_plans_for_the_very_words(uma, bea, text):
    """Of a parameter it would know nothing, once a connection has asked ten times."""
    with counted() as statements:
        found(actor(bea), text)
    asked = re.findall(r"to_tsquery\('ticket_words', (.)", " ".join(statements))
    assert set(asked) == {"'"}


def test_a_number_finds_its_ticket_alone(uma, bea):
    tickets = [make_ticket(uma) for _ in range(3)]
    assert numbers(actor(bea), tickets[1].number.lower()) == [tickets[1].number]


@pytest.mark.parametrize("text", ["nothing", '"42 says"', "-press", "status:any", "!!!", "💥"])
def test_what_is_not_said_is_not_found(uma, bea, text):
    make_ticket(uma)
    assert found(actor(bea), text).items == []


@pytest.mark.parametrize("text", ["a' OR 1", "x:*", 'a"b', "NEAR(", "press & | ! <->", "\\'", "*"])
def test_whatever_is_typed_is_no_operator(uma, bea, text):
    make_ticket(uma)
    assert isinstance(found(actor(bea), text.replace(":", " ")).items, list)


def test_words_of_common_speech_are_words_too(uma, bea):
    ticket = make_ticket(uma, body="Who is it and what is this?")
    assert numbers(actor(bea), "who") == [ticket.number]


def test_a_new_message_is_found_at_once_and_shown_where_it_says_so(uma, bea):
    ticket = make_ticket(uma)
    customer_writes(ticket, "The hopper " + "is loud " * 60 + "and the gasket leaks <b>here</b>.")
    (one,) = found(actor(bea), "gaskets").items
    assert "<mark>gasket</mark>" in one.snippet
    assert "&lt;b&gt;" in one.snippet


def test_a_word_in_the_subject_stands_first(uma, bea):
    make_ticket(uma, body="The gasket.")
    ticket = make_ticket(uma, subject="Gasket")
    assert numbers(actor(bea), "gasket")[0] == ticket.number


def test_words_and_filters_narrow_together(uma, birch, bea):
    ticket = make_ticket(uma, priority=Priority.URGENT)
    make_ticket(uma)
    make_ticket(make_user(birch), priority=Priority.URGENT)
    assert numbers(actor(bea), "press tenant:acme priority:urgent") == [ticket.number]


def test_a_note_is_found_by_our_people_and_by_no_customer(uma, bea):
    ticket = make_ticket(uma)
    add_note(by=actor(bea), ticket=ticket, author=bea, body="Canary in the press.")
    (one,) = found(actor(bea), "canary").items
    assert (one.number, one.is_internal) == (ticket.number, True)
    assert found(as_customer(uma), "canary").items == []


def test_a_customer_finds_their_own_tickets_alone(uma, birch):
    ticket = make_ticket(uma)
    make_ticket(make_user(birch))
    assert numbers(as_customer(uma), "press") == [ticket.number]


def test_moved_messages_are_found_where_they_went(uma, bea):
    source, target = make_ticket(uma, **OTHER), make_ticket(uma)
    merge(by=SYSTEM, source=source, target=target)
    assert numbers(actor(bea), "twice") == [target.number]


def test_what_was_erased_is_not_found(uma, bea):
    ticket = make_ticket(uma)
    message = customer_writes(ticket, "My street is Elm Street.").message
    message.body, ticket.requester_name = "…", "Somebody"
    db.session.flush()
    assert found(actor(bea), "elm").items == []
    assert found(actor(bea), "muller").items == []


def test_results_come_by_pages(uma, bea):
    for _ in range(PER_PAGE + 1):
        make_ticket(uma)
    first, second = (found(actor(bea), "press", page) for page in (1, 2))
    assert (len(first.items), first.has_more, len(second.items)) == (PER_PAGE, True, 1)


def test_a_snippet_of_a_long_text_is_short():
    text = "word " * 10_000 + "needle " + "more " * 10_000
    snippet = snippet_of(text, ["needle"])
    assert "<mark>needle</mark>" in snippet
    assert len(snippet) < 300
