"""What was being written in a ticket while somebody merged it into another."""

import pytest

from portal.core.database import db
from portal.support.bodies import LONGEST_BODY
from portal.support.drafts import draft_of
from portal.support.merging import merge
from portal.support.words import MessageKind
from tests.cast import actor, make_user
from tests.client import parsed
from tests.support.desk import make_ticket
from tests.support.test_writing import fields_of, htmx


@pytest.fixture
def target(acme):
    return make_ticket(make_user(acme))


@pytest.fixture
def late(bea_client, mo, acme, target):
    """The address of the source, and what Bea's form of before the merge sends."""
    source = make_ticket(make_user(acme, "Otto Other"))
    url = f"/support/tickets/{source.number}"
    bea_client.submit(f"{url}/draft", body="Half")
    fields = fields_of(bea_client, url)
    merge(by=actor(mo), source=source, target=target)
    db.session.commit()
    return url, {**fields, "body": "Half a sentence"}


def draft(bea, ticket, kind=MessageKind.PUBLIC):
    return draft_of(ticket, bea.id, kind)


def test_an_answer_that_comes_late_is_a_draft_where_it_goes_on(bea_client, bea, late, target):
    url, fields = late
    answer = bea_client.submit(f"{url.lower()}/reply", **{**fields, "view": "all"})
    there = f"/support/tickets/{target.number}?view=all"
    assert (answer.status_code, answer.location) == (303, f"{there}#reply-body")
    page = bea_client.soup(there)
    assert "was merged into this ticket meanwhile. Nothing was sent" in page.text
    assert page.select_one("#reply-body").get_text().strip() == "Half a sentence"
    assert draft(bea, target) == "Half a sentence"


def test_the_page_of_before_is_led_there_too(bea_client, late, target):
    url, fields = late
    del fields["csrf_token"]
    answer = htmx(bea_client, f"{url}/reply", **fields)
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == f"/support/tickets/{target.number}#reply-body"


def test_a_draft_that_is_kept_late_is_kept_once_where_it_goes_on(bea_client, bea, late, target):
    url, fields = late
    bea_client.submit(f"/support/tickets/{target.number}/draft", body="Begun.\n\nHalf")
    assert bea_client.submit(f"{url}/draft", **fields, quietly="1").status_code == 200
    assert draft(bea, target) == "Begun.\n\nHalf a sentence"


def test_a_note_is_still_written_where_its_form_is(bea_client, late):
    url, _ = late
    bea_client.submit(f"{url}/draft", kind="note", body="Merged.")
    assert bea_client.soup(url).select_one("#note-body").get_text().strip() == "Merged."


@pytest.mark.parametrize("body", ["x" * (LONGEST_BODY + 1), " "])
def test_what_no_draft_can_hold_is_handed_back_on_the_page(bea_client, bea, late, target, body):
    url, fields = late
    answer = bea_client.submit(f"{url}/reply", **{**fields, "body": body})
    assert answer.status_code == 422
    assert parsed(answer).select_one("#reply-body").get_text().strip() == body.strip()
    assert draft(bea, target) == "Half"
