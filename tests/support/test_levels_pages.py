"""The pages of service levels: who may, what they show, and how they refuse."""

import re

import pytest
import sqlalchemy as sa

from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.support.models import BusinessCalendarRow, SlaRule, SupportTeam
from portal.support.rules import all_rules, disable_rule
from portal.support.usual_levels import LevelsExist, create_usual_levels
from portal.support.words import Priority
from seeds.catalog import seed_catalog
from tests.cast import make_user
from tests.ledger import events
from tests.statements import counted
from tests.support.clocks import HOUR
from tests.support.desk import make_ticket
from tests.support.levels import WHOLE, make_calendar, make_rule, row, work

LEVEL = {
    "name": "Gold",
    "first_response_s": "1h 30m",
    "resolution_s": "1d 2h",
    "warn_percent": "50",
    "on_change": "keep",
    "on_reopen": "restart",
}


@pytest.fixture
def calendar(app):
    return make_calendar()


@pytest.fixture
def uma(acme):
    return make_user(acme)


def save(client, calendar, place="new", **more):
    return client.submit(
        f"/support/levels/{place}", **{**LEVEL, "calendar_id": calendar.id, **more}
    )


def names() -> list[str]:
    return [one.name for one in all_rules()]


def test_without_levels_the_page_says_how_to_begin(mo_client, bea_client):
    assert "Create the usual rules" in mo_client.get("/support/levels").text
    text = bea_client.get("/support/levels").text
    assert "Nothing is promised yet" in text
    assert "Create the usual rules" not in text


def test_the_usual_levels_begin_a_desk(mo_client, uma):
    seed_catalog()
    ticket = make_ticket(uma)
    assert mo_client.submit("/support/levels/usual").status_code == 303
    assert names() == ["Urgent", "High", "Medium", "Low"]
    (team,) = db.session.scalars(sa.select(SupportTeam))
    assert (team.name, team.is_default) == ("Support", True)
    work()
    assert row(ticket, WHOLE).target_s == 24 * HOUR


def test_the_usual_levels_come_once(app):
    create_usual_levels(by=SYSTEM)
    with pytest.raises(LevelsExist):
        create_usual_levels(by=SYSTEM)


def test_a_manager_writes_times_as_people_do(mo_client, calendar):
    assert save(mo_client, calendar, priority="urgent", tag_when_late="late").status_code == 303
    (rule,) = all_rules()
    assert (rule.first_response_s, rule.next_response_s, rule.resolution_s) == (5400, None, 93600)
    assert (rule.priority, rule.min_plan_level, rule.tag) == ("urgent", None, None)
    assert (rule.escalations, rule.on_reopen) == (["breach:tag:late"], "restart")
    text = mo_client.get("/support/levels").text
    assert all(words in text for words in ("urgent priority", "1h 30m", "26h", "Office"))


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "Enter a name"),
        ("first_response_s", "soon", "as 4h, 30m or 1d 2h"),
        ("first_response_s", "1h 2h", "as 4h, 30m or 1d 2h"),
        ("resolution_s", "400d", "366 days at most"),
        ("warn_percent", "100", "0 to 99"),
        ("tag", "two words", "one word"),
        ("tag_when_late", "!", "one word"),
        ("calendar_id", "999", "Not a valid choice"),
        ("priority", "huge", "Not a valid choice"),
        ("escalations", "breach:explode", "not"),
    ],
)
def test_what_cannot_be_promised_is_said_at_its_field(mo_client, calendar, field, value, words):
    answer = save(mo_client, calendar, **{field: value})
    assert answer.status_code == 422
    assert words in answer.text
    assert "1d 2h" in answer.text or field == "resolution_s"
    assert names() == []


def test_a_level_that_promises_nothing_is_refused(mo_client, calendar):
    answer = save(mo_client, calendar, first_response_s="", resolution_s="")
    assert (answer.status_code, "Promise an answer" in answer.text) == (422, True)


def test_its_reach_is_shown_and_nothing_saved(mo_client, calendar, uma):
    make_rule(calendar, name="Urgent first", priority="urgent")
    for priority in (Priority.URGENT, Priority.MEDIUM, Priority.MEDIUM):
        make_ticket(uma, priority=priority)
    answer = save(mo_client, calendar, step="preview")
    assert (answer.status_code, names()) == (200, ["Urgent first"])
    assert re.search(r"2\s+open\s+tickets", answer.text)


def test_an_edit_keeps_what_was_not_changed_and_refuses_an_old_page(mo_client, calendar):
    rule = make_rule(calendar, escalations=("breach:notify_lead", "breach:tag:late"))
    page = mo_client.soup(f"/support/levels/{rule.id}")
    fields = {
        one["name"]: one.get("value", "")
        for one in page.select("main input[name]:not([type=checkbox], [type=radio])")
    }
    ticks = [one["value"] for one in page.select("main input[checked]")]
    assert (fields["resolution_s"], fields["tag_when_late"]) == ("8h", "late")
    assert "breach:notify_lead" in ticks
    for status in (303, 422):
        answer = save(mo_client, calendar, rule.id, version="1")
        assert answer.status_code == status
    assert "was changed meanwhile" in answer.text
    assert all_rules()[0].version == 2


def test_levels_move_among_those_in_force(mo_client, calendar):
    rules = [make_rule(calendar, name=name) for name in ("A", "B", "C")]
    disable_rule(by=SYSTEM, rule=rules[1])
    mo_client.submit(f"/support/levels/{rules[2].id}/move", direction="up")
    assert [one.name for one in all_rules() if not one.disabled_at] == ["C", "A"]
    answer = mo_client.submit(f"/support/levels/{rules[2].id}/move", direction="up")
    assert answer.status_code == 303
    assert len(events("sla_rule.moved")) == 1
    assert (
        mo_client.submit(f"/support/levels/{rules[1].id}/move", direction="up").status_code == 409
    )


def test_a_level_is_switched_off_and_on(mo_client, calendar, uma):
    rule, ticket = make_rule(calendar), make_ticket(uma)
    for verb, state, due in (("disable", "cancelled", False), ("enable", "running", True)):
        assert mo_client.submit(f"/support/levels/{rule.id}/{verb}").status_code == 303
        work()
        assert row(ticket, WHOLE).state == state
        assert (ticket.next_due_at is not None) is due
        assert mo_client.submit(f"/support/levels/{rule.id}/{verb}").status_code == 409


@pytest.mark.parametrize("verb", ["move", "disable", "enable", "usual", "new", ""])
def test_an_agent_changes_nothing(bea_client, calendar, verb):
    rule = make_rule(calendar)
    place = {"usual": "usual", "new": "new"}.get(verb, f"{rule.id}/{verb}".rstrip("/"))
    assert bea_client.submit(f"/support/levels/{place}", **LEVEL).status_code == 403
    assert names() == ["Standard"]


def test_the_list_costs_the_same_for_many(bea_client, calendar):
    make_rule(calendar)
    with counted() as few:
        bea_client.get("/support/levels")
    for number in range(30):
        make_rule(calendar, name=f"Level {number}")
    with counted() as many:
        assert "Level 29" in bea_client.get("/support/levels").text
    assert len([one for one in many if one.startswith("SELECT")]) <= len(few) + 1


def test_a_missing_level_is_not_there(mo_client):
    assert mo_client.get("/support/levels/999").status_code == 404
    assert db.session.scalar(sa.select(SlaRule.id)) is None
    assert db.session.scalar(sa.select(BusinessCalendarRow.id)) is None
