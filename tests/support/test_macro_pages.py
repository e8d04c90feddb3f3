"""Macros in the browser: kept, shown in words on a ticket, applied, taken back."""

import pytest

from portal.catalog.features import archive_feature
from portal.core.database import db
from portal.support.macros import create_macro
from portal.support.models import Macro, MacroRun
from portal.support.teams import archive_team
from tests.cast import actor, make_user
from tests.ledger import events
from tests.support.crew import hire, make_team
from tests.support.desk import customer_writes, make_ticket

MACROS = "/support/macros"
HOSTILE = '"><script>alert(1)</script>{{ 7*7 }}'
REPORTS = "custom_reports"


@pytest.fixture
def ticket(catalog, acme):
    return make_ticket(make_user(acme))


@pytest.fixture
def url(ticket):
    return f"/support/tickets/{ticket.number}"


def saved(mo, name="Solve", **steps):
    return create_macro(by=actor(mo), name=name, steps=steps or {"status": "solved"})


def confirmed(client, url, macro):
    """The preview's own form, as its button sends it."""
    form = client.submit(f"{url}/macro", macro_id=str(macro.id))
    names = ("macro_id", "macro_version", "ticket_version")
    page = form.text
    values = {name: page.split(f'name="{name}" value="')[1].split('"')[0] for name in names}
    return client.submit(f"{url}/macro", **values)


def test_a_macro_is_made_changed_and_archived(mo_client, mo, catalog):
    assert "No macro yet" in mo_client.get(MACROS).text
    fields = {"name": "Lend", "status": "pending", "add_tags": "vip, fair", "body": "Hello"}
    grant = {"feature_name": REPORTS, "days": "7", "quota_limit": "3"}
    assert mo_client.submit(f"{MACROS}/new", **fields, **grant).status_code == 303
    macro = db.session.query(Macro).one()
    assert macro.steps == {
        "status": "pending",
        "add_tags": ["vip", "fair"],
        "body": "Hello",
        "is_internal": False,
        "grant": {"feature_name": REPORTS, "days": 7, "quota_limit": 3},
    }
    listed = mo_client.get(MACROS).text
    assert "sends a reply; grants Custom Reports for 7 days" in listed
    assert mo_client.submit(f"{MACROS}/{macro.id}/archive").status_code == 303
    assert mo_client.get(f"{MACROS}/{macro.id}").status_code == 404


def test_its_form_shows_what_was_saved(mo_client, mo, catalog):
    steps = {"assign_to": None, "priority": "high", "body": "Look", "is_internal": True}
    url = f"{MACROS}/{saved(mo, **steps).id}"
    page = mo_client.soup(url)
    chosen = {one.parent["name"]: one["value"] for one in page.select("option[selected]")}
    assert (chosen["assign_to"], chosen["priority"]) == ("none", "high")
    assert page.select_one("input[name=is_internal][checked]")["value"] == "1"
    kept = {"name": "Solve", "assign_to": "none", "version": "1"}
    assert mo_client.submit(url, **kept).status_code == 303
    late = mo_client.submit(url, **kept)
    assert (late.status_code, "meanwhile" in late.text) == (422, True)


def test_what_a_macro_acts_on_stays_in_its_form_though_it_is_gone(mo_client, mo, ann, catalog):
    team, jon = make_team(name="Paper", is_default=False), hire("Jon Gone")
    macro = saved(mo, team_id=team.id, assign_to=jon.id, grant={"feature_name": REPORTS, "days": 3})
    archive_team(by=actor(ann), team=team)
    jon.is_active = False
    archive_feature(by=actor(ann), name=REPORTS, reason="It is sold no more.")
    url = f"{MACROS}/{macro.id}"
    chosen = {one.get_text() for one in mo_client.soup(url).select("option[selected]")}
    assert chosen >= {"Paper (gone)", "Jon Gone (gone)", "Custom Reports (gone)"}
    kept = {"team_id": str(team.id), "version": "1", "name": "Solve"}
    refused = mo_client.submit(url, **kept)
    assert (refused.status_code, "This team takes no tickets." in refused.text) == (422, True)
    assert mo_client.submit(url, **{**kept, "team_id": "", "priority": "low"}).status_code == 303


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": "x"}, "Choose what the macro does."),
        ({"name": "", "status": "open"}, "Write what this macro is called."),
        ({"name": "x", "body": "{who}"}, "There is no {who}."),
        ({"name": "x", "feature_name": REPORTS}, "Say for how many days"),
        ({"name": "x", "feature_name": REPORTS, "days": "999"}, "between 1 and 365"),
    ],
)
def test_a_wrong_macro_says_why(mo_client, catalog, wrong, words):
    answer = mo_client.submit(f"{MACROS}/new", **wrong)
    assert (answer.status_code, words in answer.text) == (422, True)
    assert db.session.query(Macro).count() == 0


def test_macros_are_kept_by_managers(bea_client, mo, catalog):
    macro = saved(mo)
    for path in (MACROS, f"{MACROS}/new", f"{MACROS}/{macro.id}"):
        assert bea_client.get(path).status_code == 403
    assert bea_client.submit(f"{MACROS}/{macro.id}/archive").status_code == 403


def test_it_is_shown_then_applied_then_taken_back(bea_client, bea, mo, ticket, url):
    macro = saved(mo, priority="high", body="Hello {requester_name}")
    asked = bea_client.submit(f"{url}/macro", macro_id=str(macro.id))
    does = "Sets the priority to high; sends the reply below; gives it to you, as nobody has it."
    assert does in asked.text
    assert ("Hello Uma User" in asked.text, ticket.priority) == (True, "medium")
    assert confirmed(bea_client, url, macro).location == f"{url}#macros"
    assert ticket.priority == "high"
    run = db.session.query(MacroRun).one()
    beside = bea_client.soup(url).select_one("#macros")
    assert beside.select_one("form[action$=undo]")["action"] == f"{url}/macro/{run.id}/undo"
    assert bea_client.submit(f"{url}/macro/{run.id}/undo").status_code == 303
    assert ticket.priority == "medium"
    assert "cannot be unsent" in bea_client.get(url).text


def test_half_an_answer_is_there_after_a_macro_answered(bea_client, mo, url):
    bea_client.submit(f"{url}/draft", kind="public", body="Half a sen")
    assert confirmed(bea_client, url, saved(mo, body="Hello.")).status_code == 303
    assert bea_client.soup(url).select_one("#reply-body").get_text().strip() == "Half a sen"


def test_what_changed_since_the_preview_is_shown_again(bea_client, mo, ticket, url):
    macro = saved(mo)
    seen = {"macro_version": "1", "ticket_version": str(ticket.version)}
    customer_writes(ticket)
    answer = bea_client.submit(f"{url}/macro", macro_id=str(macro.id), **seen)
    assert (answer.status_code, ticket.status) == (409, "new")
    assert "Look again what it does." in answer.text
    assert confirmed(bea_client, url, macro).status_code == 303
    assert ticket.status == "solved"


def test_a_step_that_is_refused_says_why_and_leaves_nothing(bea_client, mo, ticket, url):
    macro = saved(mo, priority="high", grant={"feature_name": REPORTS, "days": 30})
    assert confirmed(bea_client, url, macro).status_code == 403
    assert events("access.denied")
    assert (ticket.priority, db.session.query(MacroRun).count()) == ("medium", 0)


def test_what_cannot_be_done_now_is_shown_again_with_the_reason(bea_client, mo, ticket, url):
    macro = saved(mo, priority="medium")
    answer = confirmed(bea_client, url, macro)
    assert (answer.status_code, 'id="macro-words"' in answer.text) == (409, True)
    assert f"{ticket.number} is already as this macro would make it." in answer.text


def test_a_macro_whose_feature_is_archived_says_so_where_it_was_applied(
    bea_client, mo, ann, ticket, url
):
    macro = saved(mo, grant={"feature_name": REPORTS, "days": 3})
    archive_feature(by=actor(ann), name=REPORTS, reason="It is sold no more.")
    answer = confirmed(bea_client, url, macro)
    assert 'id="macro-words"' in answer.text
    assert "This feature was archived: it can no longer be granted." in answer.text


def test_hostile_text_stays_text(bea_client, mo, ticket, url):
    ticket.subject = ticket.requester_name = HOSTILE
    macro = saved(mo, name=HOSTILE, body="Re {subject}")
    for text in (
        bea_client.submit(f"{url}/macro", macro_id=str(macro.id)).text,
        bea_client.get(url).text,
    ):
        assert "<script>alert(1)" not in text
        assert "{{ 7*7 }}" in text


def test_what_is_no_macro_is_refused(bea_client, ticket, url):
    assert bea_client.submit(f"{url}/macro").status_code == 400
    assert bea_client.submit(f"{url}/macro", macro_id="x").status_code == 400
    assert bea_client.submit(f"{url}/macro", macro_id="99").status_code == 404
    assert bea_client.submit(f"{url}/macro/99/undo").status_code == 404
    assert "No macro yet" in bea_client.get(url).text
