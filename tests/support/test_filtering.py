"""Filters as conditions: which tickets fit, on both databases alike."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.core import clock
from portal.core.database import db
from portal.customers.naming import address_key
from portal.support.filter_language import parse
from portal.support.models import AttachmentBlob, MessageAttachment, SupportTeam, TicketTag
from portal.support.queues import Queue, View, tickets_in
from tests.cast import make_admin, make_user
from tests.support.desk import make_agent
from tests.support.queue_cast import HOUR, looking, put, subjects

DAY = timedelta(days=1)


def tag(ticket, word):
    db.session.add(TicketTag(ticket_id=ticket.id, tag=word))


def team(name):
    row = SupportTeam(
        name=name, name_key=name.lower(), strategy="manual", categories=[], created_at=clock.now()
    )
    db.session.add(row)
    db.session.flush()
    return row


def attach(ticket):
    blob = AttachmentBlob(sha256="a" * 64, size=1, data=b"x", created_at=clock.now())
    file = {"filename": "x.txt", "media_type": "text/plain", "size": 1, "sha256": "a" * 64}
    db.session.add(blob)
    db.session.flush()
    db.session.add(MessageAttachment(message_id=ticket.last_public_message_id, **file))


@pytest.fixture
def desk(acme, birch, bea):
    """Two open tickets that differ in everything, and a solved one."""
    make_agent(bea)
    now = clock.now()
    one = put(
        make_user(acme, "Una User"),
        subject="The press stopped 🔥",
        assignee_id=bea.id,
        priority="urgent",
        category="access",
        plan_name="Enterprise",
        team_id=team("Billing").id,
        due_in=HOUR,
        is_unread=True,
        created_at=now - 9 * DAY,
        last_message_at=now - 8 * DAY,
    )
    two = put(
        make_user(birch, "Otto Other"),
        subject="100% of the quotes_are gone",
        channel="api",
        is_unread=False,
        waiting_since=None,
        reopened_count=1,
        due_in=-HOUR,
    )
    put(make_user(birch, "Zoe Last"), subject="done", status="solved", is_open=False)
    tag(one, "vip")
    tag(two, "spam")
    attach(one)
    db.session.flush()
    return one, two


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("", "two one"),
        ("status:new", "two one"),
        ("status:solved", "done"),
        ("status:any", "two one done"),
        ("-status:new", "done"),
        ("tenant:acme", "one"),
        ("tenant:ACM", "one"),
        ("tenant:acme,birch", "two one"),
        ("-tenant:acme", "two"),
        ("assignee:me", "one"),
        ("assignee:none", "two"),
        ("assignee:bea", "one"),
        ("assignee:agent", "one"),
        ("-assignee:me", "two"),
        ("-assignee:bea", "two"),
        ("priority:high,urgent", "one"),
        ("team:bill", "one"),
        ("team:none", "two"),
        ("-team:billing", "two"),
        ("category:access", "one"),
        ("channel:api", "two"),
        ("tag:VIP", "one"),
        ("-tag:spam", "one"),
        ("plan:enterprise", "one"),
        ("plan:none", "two"),
        ("-plan:enterprise", "two"),
        ("requester:una@acme", "one"),
        ("requester:OTTO", "two"),
        ("created:<7d", "two"),
        ("created:>1w", "one"),
        ("updated:<7d", "two"),
        ("due:<2h", "one"),
        ("due:>30m", "one"),
        ("due:breached", "two"),
        ("due:none", ""),
        ("due:<2h,breached", "two one"),
        ("is:unread", "one"),
        ("is:waiting", "one"),
        ("is:reopened", "two"),
        ("is:open", "two one"),
        ("is:snoozed", ""),
        ("has:attachment", "one"),
        ("-has:attachment", "two"),
        ("has:tag -tag:vip", "two"),
        ("press", "one"),
        ("PRESS stopped", "one"),
        ('"press stopped"', "one"),
        ('"stopped press"', ""),
        ("-press", "two"),
        ("100%", "two"),
        ("%", ""),
        ("una", "one"),
        ("otto@birch.test", "two"),
        ("tck-{year}-000001", "one"),
        ("000002", "two"),
        ("tenant:acme status:any channel:api", ""),
    ],
)
def test_a_filter_finds_what_fits(desk, bea, text, fits):
    names = {desk[0].subject: "one", desk[1].subject: "two", "done": "done"}
    found = subjects(View.ALL, bea, text.format(year=clock.now().year))
    assert " ".join(names[subject] for subject in found) == fits


def test_a_day_begins_at_midnight_of_the_person(acme, bea):
    """Half past eleven in the evening in UTC is the next day in Auckland."""
    put(make_user(acme), created_at=datetime(2026, 1, 31, 23, 30, tzinfo=UTC))

    def count(text, zone):
        queue = Queue.of(View.ALL).narrowed_by(parse(text))
        return len(tickets_in(queue, looking(bea, zone)).items)

    asked = ("created:2026-01-31", ">2026-01-31", ">=2026-02-01", "<2026-02-01", "<=2026-01-31")
    texts = [text if ":" in text else f"created:{text}" for text in asked]
    assert [count(text, "UTC") for text in texts] == [1, 0, 0, 1, 1]
    assert [count(text, "Pacific/Auckland") for text in texts] == [0, 1, 1, 0, 0]


def test_a_filter_of_500_characters_of_emoji_is_answered(acme, bea):
    put(make_user(acme), subject="🔥" * 300)
    assert subjects(View.ALL, bea, "🦊" * 500) == []
    assert subjects(View.ALL, bea, "-tag:🦊 " * 30) == ["🔥" * 300]


def test_a_view_of_snoozed_tickets_can_be_asked_for_in_words(acme, bea):
    put(make_user(acme), subject="asleep", snoozed_until=clock.now() + HOUR)
    assert subjects(View.ALL, bea, "is:snoozed") == ["asleep"]
    assert subjects(View.ALL, bea, "-is:snoozed") == []


def test_another_person_is_me(desk):
    dan = make_admin("Dan Agent")
    assert subjects(View.ALL, dan, "assignee:me") == []


@pytest.mark.parametrize("address", ["\u0390@boxcostpro.test", "A\u030asa@boxcostpro.test"])
def test_an_assignee_is_found_by_their_address_however_it_is_spelt(acme, address):
    dan = make_admin("Dan Agent", email=address, email_key=address_key(address))
    put(make_user(acme), subject="his", assignee_id=make_agent(dan).id)
    assert subjects(View.ALL, dan, f"assignee:{address}") == ["his"]
