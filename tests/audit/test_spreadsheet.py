"""The log as a table: the rows of the filters, whole, and noted."""

import csv
import io

import pytest

from portal.audit import spreadsheet
from portal.audit.actions import Action
from portal.audit.ledger import Target
from tests.audit.log_cast import put
from tests.ledger import events

URL = "/audit/events.csv"


def rows(client, **query):
    answer = client.get(URL, query_string={key.rstrip("_"): value for key, value in query.items()})
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_a_table_holds_the_events_of_the_filters_in_words(mo_proven, ann):
    event = put(ann, "2026-03-01 09:00", reason="why")
    put(ann, "2026-03-01 10:00", action=Action.STAFF_JOINED)
    found = rows(mo_proven, action="staff.invited")
    assert [row["id"] for row in found] == [event]
    assert (found[0]["what"], found[0]["reason"]) == ("invited Bea Agent", "why")
    assert (found[0]["actor"], found[0]["actor_id"]) == (ann.email, str(ann.id))


def test_parts_make_one_table_without_gap(mo_proven, ann, monkeypatch):
    monkeypatch.setattr(spreadsheet, "AT_ONCE", 3)
    made = [put(ann, "2026-03-01 09:00") for _ in range(7)]
    found = [row["id"] for row in rows(mo_proven, action="staff.invited")]
    assert found == sorted(made, reverse=True)


def test_a_table_that_is_cut_says_so(mo_proven, ann, monkeypatch):
    monkeypatch.setattr(spreadsheet, "AT_ONCE", 2)
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 4)
    for _ in range(5):
        put(ann, "2026-03-01 09:00")
    found = rows(mo_proven, action="staff.invited")
    assert len(found) == 5
    assert found[-1]["occurred_at"].startswith("Cut after 4 events")


def test_a_table_of_just_so_many_is_not_cut(mo_proven, ann, monkeypatch):
    monkeypatch.setattr(spreadsheet, "AT_ONCE", 2)
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 4)
    made = [put(ann, "2026-03-01 09:00") for _ in range(4)]
    assert [row["id"] for row in rows(mo_proven, action="staff.invited")] == sorted(made)[::-1]


def test_events_of_others_need_a_fresh_proof_and_own_ones_none(mo_client, bea_client):
    refused = mo_client.get(URL)
    assert refused.status_code == 403
    assert events(Action.AUDIT_CSV_EXPORTED) == []
    assert bea_client.get(URL).status_code == 200


def test_who_took_what_is_an_event(mo_proven, ann):
    rows(mo_proven, action="staff.invited", range="7d")
    event = events(Action.AUDIT_CSV_EXPORTED)[-1]
    assert event.target_id == "everything"
    assert b'"filters":{"action":"staff.invited","range":"7d"}' in event.canonical


def test_a_cell_is_never_a_formula(mo_proven, ann):
    put(ann, "2026-03-01 09:00", target=Target("staff", 7, "=1+1"))
    assert rows(mo_proven, action="staff.invited")[0]["target"] == "'=1+1"


def test_an_agent_takes_their_own_events_alone(bea_client, bea, ann):
    hers = put(bea, "2026-03-01 09:00")
    put(ann, "2026-03-01 09:00")
    assert [row["id"] for row in rows(bea_client, action="staff.invited")] == [hers]


@pytest.mark.parametrize("query", ["from=yesterday", "ip=x", "log=secrets"])
def test_filters_that_mean_nothing_give_no_table(mo_proven, query):
    assert mo_proven.get(f"{URL}?{query}").status_code == 422
    assert events(Action.AUDIT_CSV_EXPORTED) == []
