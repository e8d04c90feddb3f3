"""Writing into a ticket on its page, without JavaScript and with a fragment."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.database import db
from portal.support import attachments
from portal.support.drafts import draft_of
from portal.support.models import SupportMessage, TicketPresence
from portal.support.suggesting import suggest
from portal.support.words import MessageKind, Status
from tests.cast import make_user, signed_in
from tests.client import fields_in, parsed
from tests.ledger import events
from tests.statements import counted
from tests.support.desk import customer_writes, make_ticket

FRAGMENT = {"HX-Request": "true", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def ticket(acme):
    return make_ticket(make_user(acme))


@pytest.fixture
def url(ticket):
    return f"/support/tickets/{ticket.number}"


def fields_of(client, url, form="reply"):
    """What the form of the page would send by itself."""
    found = client.soup(url).select(f"#{form}-form > input[type=hidden]")
    return {one["name"]: one["value"] for one in found}


def htmx(client, url, **fields):
    return client.post(url, data={"csrf_token": client.form_token(), **fields}, headers=FRAGMENT)


def bodies(ticket):
    rows = db.session.query(SupportMessage).filter_by(ticket_id=ticket.id)
    return [row.body for row in rows.order_by(SupportMessage.id)][1:]


def test_an_answer_leads_back_to_itself(bea_client, ticket, url):
    answer = bea_client.submit(f"{url}/reply", **fields_of(bea_client, url), body="Try again.")
    message = db.session.query(SupportMessage).order_by(SupportMessage.id.desc()).first()
    assert answer.headers["Location"] == f"{url}#message-{message.id}"
    assert (message.body, message.author_name) == ("Try again.", "Bea Agent")
    assert ticket.status == Status.OPEN


@pytest.mark.parametrize("status", ["open", "pending", "on_hold", "solved"])
def test_an_answer_sets_the_status_of_its_button(bea_client, ticket, url, status):
    bea_client.submit(f"{url}/reply", body="x", status=status)
    assert ticket.status == status


def test_send_solve_and_next_goes_on_in_the_view(bea_client, ticket, url, acme):
    other = make_ticket(make_user(acme, "Vic Second"))
    answer = bea_client.submit(f"{url}/reply", body="x", status="solved next", view="all")
    assert answer.headers["Location"] == f"/support/tickets/{other.number}?view=all"
    assert ticket.status == Status.SOLVED


def test_the_next_page_offers_to_take_the_answer_back(bea_client, ticket, url, acme):
    other = make_ticket(make_user(acme, "Vic Second"))
    bea_client.submit(f"{url}/reply", body="Too soon.", status="solved next", view="all")
    form = bea_client.soup(f"/support/tickets/{other.number}?view=all").select_one("[data-undo]")
    assert (form["action"], int(form["data-held"])) == (f"{url}/undo-send", 9)
    fields = {one["name"]: one["value"] for one in form.select("input")}
    fields.pop("csrf_token")
    back = bea_client.submit(form["action"], **fields)
    assert back.headers["Location"] == f"{url}?view=all#reply-body"
    assert (ticket.status, bodies(ticket)[0]) == (Status.OPEN, "Too soon.")
    assert bea_client.soup(url).select_one("#reply-body").get_text().strip() == "Too soon."


def test_a_note_and_the_queue_after_the_last_ticket(bea_client, ticket, url, acme):
    bea_client.submit(f"{url}/note", body="A note.", status="open next", view="all")
    assert bea_client.soup("/support/queue/all").select("[data-undo]") == []
    bea_client.submit(f"{url}/reply", body="x", status="solved next", view="all")
    assert len(bea_client.soup("/support/queue/all").select("[data-undo]")) == 1
    assert bea_client.soup("/support/queue/all").select("[data-undo]") == []


def test_solve_and_next_goes_on_in_the_view(bea_client, ticket, url, acme):
    other = make_ticket(make_user(acme, "Vic Second"))
    fields = {"status": "solved", "then": "next", "view": "all"}
    answer = bea_client.submit(f"{url}/status", **fields)
    assert answer.headers["Location"] == f"/support/tickets/{other.number}?view=all"
    last = bea_client.submit(f"/support/tickets/{other.number}/status", **fields)
    assert last.headers["Location"] == "/support/queue/all"


def test_the_same_form_twice_is_one_message(bea_client, ticket, url):
    fields = fields_of(bea_client, url)
    for _ in range(2):
        assert bea_client.submit(f"{url}/reply", **fields, body="Once.").status_code == 303
    assert bodies(ticket) == ["Once."]


def test_a_note_is_added_and_mailed_to_nobody(bea_client, ticket, url):
    seen = ticket.last_public_message_id
    bea_client.submit(f"{url}/note", **fields_of(bea_client, url, "note"), body="The fuse.")
    assert (bodies(ticket), ticket.last_public_message_id) == (["The fuse."], seen)


def test_an_answer_past_a_newer_message_is_held_back_with_its_text(bea_client, ticket, url):
    fields = fields_of(bea_client, url)
    customer_writes(ticket, "It works again!")
    answer = bea_client.submit(f"{url}/reply", **fields, body="Try this.", status="pending")
    assert answer.status_code == 409
    assert "It works again!" in answer.text
    assert "It says E-42." not in answer.text
    assert (answer.text.count("Send anyway"), answer.text.count("Keep editing")) == (1, 1)
    assert bodies(ticket) == ["It works again!"]
    soup = bea_client.soup(f"{url}")
    assert soup.select_one("#reply-body").get_text().strip() == "Try this."


def test_sending_anyway_sends_and_is_written_down(bea_client, ticket, url):
    fields = fields_of(bea_client, url)
    customer_writes(ticket)
    bea_client.submit(f"{url}/reply", **fields, body="Try this.")
    answer = bea_client.submit(f"{url}/reply", **fields, body="Try this.", send_anyway="1")
    assert answer.status_code == 303
    assert b'"sent_anyway":true' in events("ticket.replied")[-1].canonical
    assert bea_client.soup(url).select_one("#reply-body").get_text().strip() == ""


def test_the_fragment_of_a_held_back_answer_is_the_problem_alone(bea_client, ticket, url):
    fields = fields_of(bea_client, url)
    customer_writes(ticket, "It works again!")
    del fields["csrf_token"]
    answer = htmx(bea_client, f"{url}/reply", **fields, body="Try this.")
    assert answer.status_code == 409
    assert answer.text.lstrip().startswith('<div id="problem-public">')
    assert "data-keep-editing" in answer.text


def multipart(file_name, data, **fields):
    """The body of a form with a file, as bytes: the client would leave a spooled one open."""
    parts = [
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--edge\r\nContent-Disposition: form-data; name="files"; filename="{file_name}"'
    body = b"".join([*parts, head.encode(), b"\r\n\r\n", data, b"\r\n--edge--\r\n"])
    return {"data": body, "content_type": "multipart/form-data; boundary=edge"}


def test_files_reach_the_message_and_their_names_survive_a_refusal(
    bea_client, ticket, url, monkeypatch
):
    got = []
    monkeypatch.setattr(attachments, "attach", lambda message, uploads: got.extend(uploads))
    fields, plan = {**fields_of(bea_client, url), "body": "Here."}, b"x" * 2_000_000
    customer_writes(ticket)
    answer = bea_client.post(f"{url}/reply", **multipart("plan <b>.pdf", plan, **fields))
    assert (answer.status_code, got) == (409, [])
    assert "plan &lt;b&gt;.pdf" in answer.text
    bea_client.post(f"{url}/note", **multipart("plan.pdf", plan, **fields))
    assert [(one.filename, len(one.data)) for one in got] == [("plan.pdf", 2_000_000)]


@pytest.mark.parametrize(("body", "status"), [(" ", 422), ("x" * 50_001, 422)])
def test_what_cannot_be_sent_says_why_and_keeps_the_words(bea_client, ticket, url, body, status):
    for verb in ("reply", "note"):
        answer = bea_client.submit(f"{url}/{verb}", body=body)
        assert answer.status_code == status
        assert body.strip() in answer.text
    assert bodies(ticket) == []


def test_an_answer_to_a_closed_ticket_is_refused_and_its_words_are_kept(
    bea_client, bea, ticket, url
):
    ticket.status, ticket.is_open = Status.CLOSED, False
    assert bea_client.submit(f"{url}/reply", body="Too late").status_code == 409
    assert draft_of(ticket, bea.id, MessageKind.PUBLIC) == "Too late"
    assert htmx(bea_client, f"{url}/reply", body="Too late").status_code == 422


def test_a_draft_is_there_after_a_reload_and_seen_by_nobody_else(bea_client, mo_client, url):
    assert htmx(bea_client, f"{url}/draft", kind="note", body="Half").status_code == 204
    soup = bea_client.soup(url)
    assert soup.select_one("#note-body").get_text().strip() == "Half"
    assert soup.select_one("#write-note").has_attr("checked")
    assert mo_client.soup(url).select_one("#note-body").get_text().strip() == ""


def test_the_last_words_of_somebody_who_leaves_are_kept_quietly(bea_client, url):
    answer = bea_client.submit(f"{url}/draft", kind="public", body="Half", quietly="1")
    assert answer.status_code == 204
    assert "Your draft is kept" not in bea_client.get(url).text


def test_a_page_gets_what_it_had_not_seen_of_its_draft(bea_client, bea, ticket, url):
    form = fields_of(bea_client, url)
    suggest(admin_id=bea.id, ticket=ticket, text="Use SORRY-20.")
    fields = {**form, "body": "Half\r\na sentence", "quietly": "1"}
    answer = bea_client.submit(f"{url}/draft", **fields)
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    assert answer.text == "Half\na sentence\n\nUse SORRY-20."
    assert bea_client.submit(f"{url}/draft", **{**fields, "body": answer.text}).status_code == 204


def test_an_answer_that_is_held_back_shows_what_it_had_not_seen(bea_client, bea, ticket, url):
    form = fields_of(bea_client, url)
    suggest(admin_id=bea.id, ticket=ticket, text="Use SORRY-20.")
    customer_writes(ticket)
    answer = bea_client.submit(f"{url}/reply", **form, body="Try this.")
    soup = parsed(answer)
    assert soup.select_one("#reply-body").get_text().strip() == "Try this.\n\nUse SORRY-20."
    again = fields_in(soup.select_one("#reply-form"))
    bea_client.submit(f"{url}/reply", **{**again, "body": "Sent.", "send_anyway": "1"})
    assert draft_of(ticket, bea.id, MessageKind.PUBLIC) is None


def test_a_draft_survives_signing_out_and_in_again(bea_client, bea, app, url):
    bea_client.submit(f"{url}/draft", kind="public", body="Half a sentence")
    bea_client.submit("/sign-out")
    again = signed_in(app, bea)
    assert again.soup(url).select_one("#reply-body").get_text().strip() == "Half a sentence"


def test_nobody_touches_another_persons_draft(bea_client, mo_client, bea, mo, ticket, url):
    bea_client.submit(f"{url}/draft", body="Bea's")
    mo_client.submit(f"{url}/draft", body="")
    mo_client.submit(f"{url}/draft", body="Mo's", admin_id=str(bea.id))
    mo_client.submit(f"{url}/reply", body="Sent.")
    assert draft_of(ticket, bea.id, MessageKind.PUBLIC) == "Bea's"
    assert draft_of(ticket, mo.id, MessageKind.PUBLIC) is None


def test_two_people_see_each_other_and_who_writes(bea_client, mo_client, url):
    bea_client.get(f"{url}/news?after=0&typing=1", headers=FRAGMENT)
    mo_client.get(f"{url}/news?after=0", headers=FRAGMENT)
    assert "Bea Agent is writing" in mo_client.get(f"{url}/news?after=0", headers=FRAGMENT).text
    seen = bea_client.get(f"{url}/news?after=0", headers=FRAGMENT).text
    assert "Mo Manager has this open" in seen
    assert "Bea Agent" not in seen
    assert "Bea Agent is writing" in mo_client.get(url).text


def test_polls_within_15_seconds_write_once(bea_client, url):
    bea_client.get(f"{url}/news?after=0", headers=FRAGMENT)
    with counted() as statements:
        bea_client.get(f"{url}/news?after=0", headers=FRAGMENT)
    assert [one for one in statements if not one.startswith("SELECT")] == []
    with time_machine.travel(clock.now() + timedelta(seconds=15), tick=False):
        bea_client.get(f"{url}/news?after=0", headers=FRAGMENT)
    assert db.session.query(TicketPresence).count() == 1


def test_watching_and_no_more(bea_client, ticket, url):
    assert bea_client.submit(f"{url}/watch").status_code == 303
    assert "Watched by" in bea_client.get(url).text
    bea_client.submit(f"{url}/unwatch")
    assert "Nobody watches it" in bea_client.get(url).text
