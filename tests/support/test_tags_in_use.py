"""The tags that a field of tags offers."""

import pytest
import sqlalchemy as sa

from portal.core.database import db, is_sqlite
from portal.support import tags_in_use as in_use
from portal.support.models import TicketTag
from portal.support.tags_in_use import tags_in_use
from tests.cast import make_user
from tests.client import parsed
from tests.statements import plans_of
from tests.support.queue_cast import put, put_many


@pytest.fixture
def tagged(acme):
    """Three tickets, of which each has one tag less than the one before."""
    user = make_user(acme)
    for words in (("vip", "press", "old"), ("vip", "press"), ("vip",)):
        ticket = put(user)
        db.session.add_all(TicketTag(ticket_id=ticket.id, tag=word) for word in words)
    db.session.flush()


def test_the_most_used_stands_first_and_each_once(tagged):
    assert tags_in_use() == ["vip", "press", "old"]


def test_only_so_many_of_the_newest_are_looked_at(tagged, monkeypatch):
    monkeypatch.setattr(in_use, "LOOKED_AT", 3)
    assert tags_in_use() == ["vip", "press"]


def test_they_are_found_by_an_index_however_many_there_are(app, acme):
    put_many(put(make_user(acme)), 3000)
    query = sa.text(
        "INSERT INTO ticket_tags (ticket_id, tag) SELECT id, 'vip' FROM support_tickets"
    )
    db.session.execute(query)
    if not is_sqlite():
        db.session.execute(sa.text("ANALYZE ticket_tags"))
    (plan,) = plans_of(tags_in_use)
    assert ("USING COVERING INDEX" if is_sqlite() else "Index Only Scan") in plan, plan


def test_a_field_asks_for_them_as_a_fragment(tagged, bea_client):
    found = parsed(bea_client.get("/support/tags", headers={"HX-Request": "true"}))
    assert [each["value"] for each in found.select("option")] == ["vip", "press", "old"]
    assert bea_client.get("/support/tags").status_code == 303
