"""The page of a ticket: what it shows, to whom, and at what cost."""

from zoneinfo import ZoneInfo

import pytest

from portal.core import clock
from portal.core.database import db
from portal.core.roles import Role
from portal.customers.users import deactivate_user
from portal.mail.models import EmailLog
from portal.support.history import note_event
from portal.support.history_words import in_words
from portal.support.messages import add_note
from portal.support.models import AttachmentBlob, MessageAttachment, SupportMessage
from portal.support.outgoing import MESSAGE
from portal.support.participants import add_participant
from portal.support.reading import in_bytes
from portal.support.thread import add_message
from portal.support.words import AuthorType, MessageKind, Status
from tests.cast import actor, make_admin, make_user, signed_in
from tests.statements import counted
from tests.support.crew import hire, make_team
from tests.support.desk import answer, as_customer, customer_writes, make_agent, make_ticket

FRAGMENT = {"HX-Request": "true"}
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }} javascript:alert(3)'


@pytest.fixture
def ticket(acme):
    return make_ticket(make_user(acme))


@pytest.fixture
def url(ticket):
    return f"/support/tickets/{ticket.number}"


def long_thread(ticket, count):
    """So many messages more, numbered."""
    now = clock.now()
    for number in range(count):
        add_message(
            ticket,
            kind=MessageKind.PUBLIC,
            author=AuthorType.CUSTOMER,
            body=f"Line {number}.",
            at=now,
            author_name="Uma User",
        )


def texts(soup, selector=".message-text"):
    return [one.get_text() for one in soup.select(selector)]


def test_a_thread_stands_in_order_and_says_who_wrote_what(bea_client, bea, ticket, url):
    answer(ticket, bea, "Try again.")
    add_note(by=actor(bea), ticket=ticket, author=bea, body="It is the fuse.")
    customer_writes(ticket, "Now it works.")
    soup = bea_client.soup(url)
    assert texts(soup) == ["It says E-42.", "Try again.", "It is the fuse.", "Now it works."]
    looks = [one["class"][1] for one in soup.select("#messages > .message")]
    assert looks == ["message-customer", "message-ours", "message-note", "message-customer"]


def test_a_note_is_marked_by_a_word_and_nothing_else_is(bea_client, bea, ticket, url):
    answer(ticket, bea)
    add_note(by=actor(bea), ticket=ticket, author=bea, body="It is the fuse.")
    marks = bea_client.soup(url).select("#messages .message-mark")
    assert [mark.get_text() for mark in marks] == ["Internal"]
    assert "message-note" in marks[0].find_parent("li")["class"]


def test_of_500_messages_the_last_30_are_shown_and_the_rest_on_demand(bea_client, ticket, url):
    long_thread(ticket, 499)
    soup = bea_client.soup(url)
    assert texts(soup)[::29] == ["Line 469.", "Line 498."]
    more = soup.select_one("#earlier a")
    assert more.get_text() == "Show the earlier 470"
    page = bea_client.soup(more["href"])
    assert texts(page)[0::469] == ["It says E-42.", "Line 468."]
    assert page.select_one("#earlier") is None
    fragment = bea_client.get(more["hx-get"], headers=FRAGMENT).text
    assert fragment.count("message-text") == 470
    assert "<html" not in fragment


@pytest.mark.parametrize("count", [0, 60])
def test_a_page_asks_the_database_at_most_eleven_times(bea_client, bea, ticket, url, count):
    long_thread(ticket, count)
    make_team(make_agent(bea), hire("Dan Doyle", ignores_shifts=False))
    answer(ticket, bea)
    add_participant(by=actor(bea), ticket=ticket, email="vic@acme.test")
    bea_client.get(url)
    with counted() as statements:
        assert bea_client.get(url).status_code == 200
    assert len(statements) <= 11, statements


def test_the_head_names_the_customer_the_plan_and_the_state(bea_client, ticket, url):
    ticket.plan_name, ticket.priority = "Professional", "urgent"
    text = " ".join(bea_client.soup(url).select_one("#ticket-head").get_text().split())
    for words in ("The press stopped", ticket.number, "New", "Urgent", "Uma User", "Acme"):
        assert words in text
    assert "Professional" in text
    assert "Nobody has it" in text


def test_who_gets_an_answer_is_seen_before_it_is_sent(bea_client, bea, ticket, url):
    add_participant(by=actor(bea), ticket=ticket, email="otto@birch.test")
    line = bea_client.soup(url).select_one("#reply-form .composer-to").get_text()
    assert "uma@acme.test" in line
    assert "otto@birch.test" in line
    assert "outside Acme" in line


def test_who_works_for_the_customer_no_more_stands_beside_but_gets_no_answer(
    bea_client, ann, acme, ticket, url
):
    vic = make_user(acme, "Vic User")
    add_participant(by=actor(ann), ticket=ticket, email=vic.email)
    deactivate_user(by=actor(ann), user=vic, reason="left")
    soup = bea_client.soup(url)
    assert vic.email not in soup.select_one("#reply-form .composer-to").get_text()
    assert soup.select_one("#people .chip").get_text() == "Vic User (inactive)"


def test_the_two_buttons_say_where_the_words_go(bea_client, url):
    soup = bea_client.soup(url)
    buttons = {form: soup.select_one(f"#{form}-form .composer-foot [type=submit]").get_text()
               for form in ("reply", "note")}  # fmt: skip
    assert buttons == {"reply": "Send to customer", "note": "Add note"}


def test_files_stand_under_their_message(bea_client, ticket, url):
    message = db.session.query(SupportMessage).one()
    db.session.add(AttachmentBlob(sha256="a" * 64, size=12_345, data=b"x", created_at=clock.now()))
    row = MessageAttachment(
        message_id=message.id,
        sha256="a" * 64,
        filename=HOSTILE[:200],
        media_type="image/png",
        size=12_345,
    )
    db.session.add(row)
    db.session.flush()
    link = bea_client.soup(url).select_one(f"#message-{message.id} .message-files a")
    assert (link["href"], link.get_text()) == (f"/support/attachments/{row.id}", HOSTILE)
    assert "12 kB" in link.parent.get_text()


@pytest.mark.parametrize(
    ("status", "is_said"), [("failed", True), ("unknown", True), ("sent", False)]
)
def test_a_mail_that_did_not_arrive_is_said_at_its_message(
    bea_client, bea, ticket, url, status, is_said
):
    sent = answer(ticket, bea)
    mail = EmailLog(
        message_id="<x@x>", template="x", recipient="x@x.test", subject="x", carries_secret=False,
        status=status, attempts=1, next_attempt_at=clock.now(), created_at=clock.now(),
        cause_type=MESSAGE, cause_id=sent.message.id,
    )  # fmt: skip
    db.session.add(mail)
    db.session.flush()
    found = bea_client.soup(url).select_one(f"#message-{sent.message.id} .message-lost")
    assert (found is not None) is is_said


def test_whatever_somebody_writes_stays_text(bea_client, acme, bea):
    person = make_user(acme, HOSTILE, external_id="x", email="x@acme.test")
    bea.name = HOSTILE
    ticket = make_ticket(
        person, subject=HOSTILE, body=f"{HOSTILE}\n<b>https://x.test/'onload='</b>"
    )
    answer(ticket, bea, HOSTILE)
    add_note(by=actor(bea), ticket=ticket, author=bea, body=HOSTILE)
    soup = bea_client.soup(f"/support/tickets/{ticket.number}")
    assert soup.select("main script, main img, main b, main [onload], main [onerror]") == []
    assert soup.h1.get_text() == HOSTILE
    assert [link["href"] for link in soup.select(".message-text a")] == ["https://x.test/"]


@pytest.mark.parametrize(
    "body", ["🧾👩🏽‍🔧 " * 4000, "x" * 50_000, "שלום\u202eevil", "a\u0301" * 9000]
)
def test_strange_and_long_words_are_shown_whole(bea_client, bea, ticket, url, body):
    sent = answer(ticket, bea, body)
    assert texts(bea_client.soup(url))[-1] == sent.message.body


BERLIN = ZoneInfo("Europe/Berlin")
HAPPENED = {
    ("assigned", None, "Mo"): "gave it to Mo",
    ("assigned", "Bea", "Mo"): "gave it to Mo instead of Bea",
    ("assigned", "Bea", None): "took it from Bea",
    ("team", None, "Support"): "put it into the team Support",
    ("team", "Support", None): "took it out of the team Support",
    ("team", None, "צוות"): "put it into the team \u2068צוות\u2069",
    ("tags", "vip", "vip דחוף"): "added the tag \u2068דחוף\u2069",
    ("subject", "a_b", "x"): "changed the subject from “a_b” to “x”",
    ("subject", "x\u202ey", "שלום\u2069"): "changed the subject from “xy” to “\u2068שלום\u2069”",
    ("breached", None, "first_response"): "noted that the promised first response is overdue",
    ("rated", None, "Good"): "rated it good",
    ("snoozed", None, "2026-12-01T08:00:00Z"): "snoozed it until 1 Dec 2026, 09:00:00 CET",
    ("snoozed", "2026-12-01T08:00:00Z", None): "woke it",
    ("woken", "2026-12-01 08:00:00+00:00", None): "woke it",
    ("merged", None, "TCK-2"): "merged TCK-2 into it",
    ("merge_undone", "TCK-2", None): "took TCK-2 out of it again",
    ("split", None, "TCK-2"): "made TCK-2 of a part of it",
    ("split_from", None, "TCK-1"): "made it of a part of TCK-1",
    ("linked", None, "TCK-2"): "linked it to TCK-2",
    ("unlinked", "TCK-2", None): "took the link to TCK-2 away",
    ("followed_up", None, "TCK-2"): "went on in TCK-2",
    ("follow_up_of", None, "TCK-1"): "went on from TCK-1",
    ("reply_withdrawn", None, "470"): "took an answer back before it was sent",
}


@pytest.mark.parametrize(("change", "words"), HAPPENED.items())
def test_each_change_has_a_sentence_of_its_own(change, words):
    assert in_words(*change, None, BERLIN) == words


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("next", "gave it to Bea (as the next ticket)"),
        ("least_loaded", "gave it to Bea (as they had the most room)"),
        ("macro:7", "gave it to Bea (by a macro)"),
        ("merge undone", "gave it to Bea (merge undone)"),
    ],
)
def test_a_cause_is_said_in_plain_words_too(cause, words):
    assert in_words("assigned", None, "Bea", cause, BERLIN) == words


def test_the_history_says_what_happened_in_plain_words(bea_client, ticket, url):
    bea_client.submit(f"{url}/priority", priority="high", old_priority="medium")
    bea_client.submit(f"{url}/tag", add="vip late")
    bea_client.submit(f"{url}/status", status="on_hold", old_status="new")
    text = told(bea_client, f"{url}/history")
    for words in (
        "Bea Agent changed priority from medium to high",
        "added the tags vip, late",
        "changed status from new to on hold",
        "The portal opened it by web",
    ):
        assert words in text
    part = bea_client.get(f"{url}/history", headers=FRAGMENT).text
    assert part.lstrip().startswith("<ol")


def test_the_history_calls_customers_by_their_names_at_one_price(bea_client, acme):
    people = [make_user(acme, name=name) for name in ("Uma", "Zeb")]
    ticket = make_ticket(people[0], by=as_customer(people[0]))
    url = f"/support/tickets/{ticket.number}/history"
    with counted() as few:
        assert "Uma opened it by web" in told(bea_client, url)
    for person in people * 3:
        note_event(ticket, "rated", by=as_customer(person), new="Good")
    db.session.flush()
    with counted() as many:
        assert "Zeb rated it good" in told(bea_client, url)
    assert len(many) == len(few)


def told(client, url):
    return " ".join(client.soup(url).select_one("#history-rows").get_text().split())


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (1, "1 byte"), (640, "640 bytes"), (12_000, "12 kB"), (3_400_000, "3.4 MB")],
)
def test_a_file_says_how_large_it_is(size, words):
    assert in_bytes(size) == words


def test_only_the_assignee_who_looks_makes_it_read(bea_client, mo_client, bea, ticket, url):
    make_agent(bea)
    ticket.assignee_id = bea.id
    mo_client.get(url)
    assert ticket.is_unread
    bea_client.get(url)
    assert not ticket.is_unread


def test_a_ticket_that_is_closed_takes_notes_alone(bea_client, ticket, url):
    ticket.status, ticket.is_open = Status.CLOSED, False
    soup = bea_client.soup(url)
    assert (soup.select_one("#reply-form"), soup.select_one("#solve")) == (None, None)
    assert soup.select_one("#note-form") is not None


def test_who_has_nothing_to_do_with_tickets_sees_none(app, url):
    client = signed_in(app, make_admin("Mia Marketing", Role.MARKETING, is_second_factor_on=True))
    for path in ("", "/news", "/history", "/next"):
        assert client.get(url + path).status_code == 403
    assert client.get("/support/tickets/new").status_code == 403
    for verb in ("reply", "note", "draft", "status", "priority", "tag", "snooze", "wake", "watch"):
        assert client.submit(f"{url}/{verb}", body="x").status_code == 403


@pytest.mark.parametrize(
    "number", ["TCK-2026-999999", "x", "TCK-2026-1", "%00", "TCK-2026-000001'"]
)
def test_a_number_that_is_none_is_not_there(bea_client, number):
    for path in ("", "/news", "/history", "/next"):
        assert bea_client.get(f"/support/tickets/{number}{path}").status_code == 404
    for verb in ("reply", "note", "draft", "status", "subject", "tag", "participants", "wake"):
        assert bea_client.submit(f"/support/tickets/{number}/{verb}", body="x").status_code == 404


def test_a_stranger_is_sent_to_the_door(client, url):
    assert client.get(url).status_code == 303


def test_next_and_previous_go_through_the_view_and_round_its_end(bea_client, bea, acme):
    make_agent(bea)
    user = make_user(acme, "Vic Second")
    mine = [make_ticket(user, subject=f"Mine {n}") for n in range(3)]
    make_ticket(user, subject="Nobody's")
    for one in mine:
        one.assignee_id = bea.id
    numbers = [one.number for one in mine]

    def led(number, way):
        found = bea_client.get(f"/support/tickets/{number}/{way}?view=mine")
        return found.headers["Location"].removeprefix("/support/tickets/")

    assert [led(n, "next") for n in numbers] == [
        f"{n}?view=mine" for n in numbers[1:] + numbers[:1]
    ]
    assert led(numbers[0], "previous") == f"{numbers[2]}?view=mine"


def test_a_view_without_another_ticket_leads_to_its_queue(bea_client, ticket, url):
    answer = bea_client.get(f"{url}/next?view=mine")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/support/queue/mine")


def test_a_fragment_of_news_brings_what_is_new_and_no_more(bea_client, ticket, url):
    after = ticket.last_public_message_id
    same = bea_client.get(
        f"{url}/news?after={after}&version={ticket.version}", headers=FRAGMENT
    ).text
    assert 'id="message-' not in same
    assert "ticket-head" not in same
    customer_writes(ticket, "One more thing.")
    soup = bea_client.soup(f"{url}/news?after={after}&version=1", headers=FRAGMENT)
    assert soup.select_one("[hx-swap-oob='beforeend:#messages'] .message-text").get_text() == (
        "One more thing."
    )
    assert soup.select_one("#ticket-news")["data-announce"] == "New message from Uma User"
    assert soup.select_one("#ticket-head")["hx-swap-oob"] == "morph"


def test_news_of_a_changed_ticket_brings_its_fields(app, bea_client, mo_client, ticket, url):
    assert mo_client.submit(f"{url}/priority", priority="urgent").status_code == 303
    finance = signed_in(app, make_admin("Fay Finance", Role.FINANCE))
    for client, chosen in ((bea_client, "#field-priority [selected]"), (finance, "dl")):
        fields = client.soup(f"{url}/news?after=0&version=1", headers=FRAGMENT).select_one(
            "#ticket-fields"
        )
        assert (fields["hx-swap-oob"], "Urgent" in fields.select_one(chosen).get_text()) == (
            "morph",
            True,
        )
    same = f"{url}/news?after=0&version={ticket.version}"
    assert "ticket-fields" not in bea_client.get(same, headers=FRAGMENT).text


def test_finance_reads_a_ticket_and_is_offered_nothing_else(app, bea, ticket, url):
    ticket.tags, ticket.team_id = ["vip"], make_team(make_agent(bea)).id
    answer(ticket, bea)
    client = signed_in(app, make_admin("Fay Finance", Role.FINANCE))
    soup = client.soup(f"{url}?view=all")
    assert "Try again." in soup.select_one("#messages").get_text()
    facts = " ".join(soup.select_one("#ticket-fields").get_text(" ").split())
    for words in ("Status Open", "Priority Medium", "Assignee Bea", "Team Front desk", "Tags vip"):
        assert words in facts
    assert soup.select("main form[method=post], main textarea, #macros, .ticket-bar") == []
    assert client.get("/support/queue").location == "/support/queue/all"
    row = client.soup("/support/queue/all").select_one(".queue-row")
    assert (row.select("input"), row.get("data-take")) == ([], None)
    assert client.get("/support/reports").status_code == 200


@pytest.mark.parametrize("verb", ["reply", "note", "draft", "status", "tag", "snooze", "undo-send"])
def test_finance_changes_nothing(app, ticket, url, verb):
    client = signed_in(app, make_admin("Fay Finance", Role.FINANCE))
    assert client.submit(f"{url}/{verb}", body="x", status="solved").status_code == 403
    assert (ticket.status, ticket.message_count) == (Status.NEW, 1)
