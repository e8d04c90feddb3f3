"""What the page of a ticket keeps of its messages and clocks is drawn anew once it changes."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.database import db
from portal.support.models import SupportMessage
from portal.support.reading import LONGEST_KEPT, newest
from tests.cast import make_user
from tests.support.desk import answer, customer_writes, make_agent, make_ticket


@pytest.fixture
def ticket(app, acme, bea):
    make_agent(bea)
    return make_ticket(make_user(acme))


@pytest.fixture
def url(ticket):
    return f"/support/tickets/{ticket.number}"


def shown(client, url) -> list[str]:
    return [each.get_text(" ", strip=True) for each in client.soup(url).select(".message")]


def test_a_message_ages_although_it_is_kept(bea_client, ticket, url):
    assert "now" in shown(bea_client, url)[-1] or "second" in shown(bea_client, url)[-1]
    with time_machine.travel(clock.now() + timedelta(minutes=10), tick=False):
        assert "10 minutes ago" in shown(bea_client, url)[-1]


def test_a_message_that_was_changed_says_so(bea_client, ticket, url):
    before = shown(bea_client, url)
    message = db.session.scalars(db.select(SupportMessage).filter_by(ticket_id=ticket.id)).first()
    message.body = "Taken out."
    db.session.commit()
    assert shown(bea_client, url)[0] != before[0]
    assert "Taken out." in shown(bea_client, url)[0]


def test_a_button_to_take_a_message_back_is_never_kept(bea_client, bea, ticket, url):
    answer(ticket, bea)
    db.session.commit()
    first, second = (bea_client.soup(url).select_one(".message-undo") for _ in range(2))
    assert None not in (first, second)
    with time_machine.travel(clock.now() + timedelta(minutes=2), tick=False):
        assert bea_client.soup(url).select_one(".message-undo") is None


def test_a_long_message_is_not_kept_and_stands_there_all_the_same(bea_client, ticket, url):
    customer_writes(ticket, "<b> " + "long " * LONGEST_KEPT)
    db.session.commit()
    *_, line = newest(ticket).lines
    assert not line.is_short
    soup = bea_client.soup(url)
    assert soup.select(".message-text")[-1].get_text().startswith("<b> long long")
