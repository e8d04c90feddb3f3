"""What is typed is kept; what means nothing is said, and then nothing is shown."""

from zoneinfo import ZoneInfo

import pytest

from portal.audit.actions import Action
from portal.audit.filters import Filters
from portal.audit.ledger import Target
from portal.core.clock import standing_at
from portal.core.provenance import Provenance, set_provenance
from tests.audit.log_cast import at, ids, put

BERLIN = ZoneInfo("Europe/Berlin")
BAD = [
    ("from", "2026-13-40", "Write a day"),
    ("from", "yesterday", "Write a day"),
    ("from", "0001-01-01", "Write a day"),
    ("to", "9999-12-31", "Write a day"),
    ("to", "2026-02-30T25:00", "Write a day"),
    ("range", "decade", "Choose one of"),
    ("log", "secrets", "Choose one of"),
    ("action", "staff.exploded", "no such action"),
    ("outcome", "maybe", "Choose success"),
    ("severity", "loud", "Choose info"),
    ("tenant", "Acme", "is a number"),
    ("tenant", "٣", "is a number"),
    ("actor", "9" * 30, "at most 9 digits"),
    ("ip", "300.1.1.1", "Write an IP address"),
    ("session", "zz", "16 digits"),
    ("request", "a b", "at most 64"),
    ("jump", "31/12/2026", "Write the day"),
]


@pytest.mark.parametrize(("name", "value", "message"), BAD)
def test_a_bad_value_is_said_and_kept_and_shows_nothing(mo_client, ann, name, value, message):
    put(ann, "2026-03-01 09:00")
    answer = mo_client.get("/audit", query_string={name: value, "q": "kept"})
    assert answer.status_code == 422
    soup = mo_client.soup("/audit", query_string={name: value, "q": "kept"})
    assert message in soup.select_one("#filter-faults").get_text()
    assert ids(soup) == []
    kept = [field.get("value") for field in soup.select("main input, main option[selected]")]
    assert "kept" in kept
    assert value in kept or value in soup.select_one("main").get_text()


def test_a_span_that_ends_before_it_begins_is_said(mo_client):
    text = mo_client.get("/audit?from=2026-03-02&to=2026-03-01").text
    assert "The last day comes before the first one." in text
    assert mo_client.get("/audit?from=2026-03-01&to=2026-03-01").status_code == 200


@pytest.mark.parametrize(
    ("query", "begin", "end"),
    [
        ({"from": "2026-03-29"}, "2026-03-28 23:00", None),
        ({"from": "2026-03-29", "to": "2026-03-29"}, "2026-03-28 23:00", "2026-03-29 22:00"),
        ({"to": "2026-03-29T10:00:00Z"}, None, "2026-03-29 10:00"),
        ({"from": "2026-03-29T10:00"}, "2026-03-29 08:00", None),
        ({"from": "2026-03-29T10:00:00 05:00"}, "2026-03-29 05:00", None),
        ({"range": "today"}, "2026-03-28 23:00", "2026-03-29 22:00"),
        ({"range": "7d"}, "2026-03-22 23:00", "2026-03-29 22:00"),
        ({"range": "month"}, "2026-02-28 23:00", "2026-03-29 22:00"),
        ({"range": "today", "from": "2026-01-05"}, "2026-01-04 23:00", None),
    ],
)
def test_days_are_those_of_the_reader(query, begin, end):
    with standing_at(at("2026-03-29 12:00")):
        found = Filters.of(query).begin_and_end(BERLIN)
    assert found == (begin and at(begin), end and at(end))


def test_a_person_of_ours_is_not_a_token_of_the_same_number(mo_client, ann):
    hers = put(ann, "2026-03-01 09:00")
    assert ids(mo_client.soup(f"/audit?actor={ann.id}&from=2026-03-01&to=2026-03-01")) == [hers]
    assert ids(mo_client.soup(f"/audit?actor=api_token:{ann.id}")) == []


def test_every_facet_narrows_and_stands_as_a_chip(mo_client, ann, acme):
    set_provenance(Provenance(ip="2001:db8::1", request_id="r-1", session_ref="0123456789abcdef"))
    wanted = put(ann, "2026-03-01 09:00", tenant_id=acme.id, action=Action.TENANT_SUSPENDED)
    set_provenance(Provenance())
    put(ann, "2026-03-01 09:00")
    facets = {
        "action": "tenant.suspended",
        "severity": "warning",
        "tenant": str(acme.id),
        "ip": "2001:DB8::1",
        "session": "0123456789abcdef",
        "request": "r-1",
    }
    for name, value in facets.items():
        soup = mo_client.soup("/audit", query_string={name: value, "range": "", "to": "2026-04-01"})
        assert ids(soup) == [wanted], name
        gone = [chip["href"] for chip in soup.select("a.chip") if f"{name}=" not in chip["href"]]
        assert any("to=2026-04-01" in url for url in gone), name


def test_a_feature_is_a_filter(mo_client, ann):
    meta = {"feature_name": "custom_reports"}
    given = put(ann, "2026-03-01 09:00", action=Action.ENTITLEMENT_GRANTED, meta=meta)
    put(ann, "2026-03-01 09:00", action=Action.ENTITLEMENT_GRANTED)
    assert ids(mo_client.soup("/audit?feature=custom_reports")) == [given]
    assert ids(mo_client.soup("/audit?feature=Custom+Reports")) == [given]


def test_a_chip_calls_a_number_by_its_name(mo_client, ann, acme):
    put(ann, "2026-03-01 09:00", tenant_id=acme.id, target=Target("tenant", acme.id, "Acme"))
    soup = mo_client.soup(f"/audit?tenant={acme.id}&actor={ann.id}&target_type=tenant")
    chips = [" ".join(chip.get_text().split()) for chip in soup.select("a.chip")]
    assert {f"Who {ann.email}", "Account Acme", "Kind of object tenant"} <= set(chips)
