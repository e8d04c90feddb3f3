"""The log is read by page, narrowed by its address, and nobody reads past their scope."""

import pytest
import sqlalchemy as sa

from portal.audit.actions import Action, Outcome
from portal.audit.ledger import Target, record
from portal.audit.models import AuditEvent
from portal.audit.words import in_words
from portal.core.database import db
from portal.core.provenance import Provenance, set_provenance
from tests.cast import actor


def invited(by, label="Bea Agent", **more):
    target = Target("staff", 7, label)
    event = record(Action.STAFF_INVITED, by=actor(by), target=target, **more)
    db.session.commit()
    return event.id


def links(client, address):
    soup = client.soup(address)
    found = soup.select('main a[href^="/audit/events/"]')
    return [link["href"].rpartition("/")[2] for link in found]


def readings():
    query = sa.select(sa.func.count()).where(AuditEvent.action == Action.AUDIT_SEARCHED.value)
    return db.session.scalar(query)


def test_a_manager_sees_what_everybody_did(mo_client, ann):
    event = invited(ann)
    assert event in links(mo_client, "/audit")
    assert mo_client.get(f"/audit/events/{event}").status_code == 200


def test_an_agent_sees_own_events_alone(bea_client, bea, ann):
    hers, other = invited(bea), invited(ann)
    assert hers in links(bea_client, "/audit")
    assert other not in links(bea_client, "/audit")
    assert bea_client.get(f"/audit/events/{hers}").status_code == 200


def test_an_event_out_of_scope_looks_like_none(bea_client, ann):
    hidden = bea_client.get(f"/audit/events/{invited(ann)}")
    missing = bea_client.get("/audit/events/00000000-0000-7000-8000-000000000000")
    assert hidden.status_code == missing.status_code == 404
    assert "Bea Agent" not in hidden.text.partition("<main")[2]


@pytest.mark.parametrize(
    "query",
    [
        "actor=ann@boxcostpro.test",
        "action=staff.invited",
        "outcome=success",
        "target_type=staff&target_id=7",
        "ip=203.0.113.9",
        "q=bea age",
        "request=0123456789abcdef",
        "from=2000-01-01&to=2999-01-01",
    ],
)
def test_a_filter_keeps_what_fits(mo_client, ann, query):
    set_provenance(Provenance(ip="203.0.113.9", request_id="0123456789abcdef"))
    event = invited(ann)
    set_provenance(Provenance())
    assert links(mo_client, f"/audit?{query}")[-1:] == [event]


@pytest.mark.parametrize(
    "query",
    [
        "actor=mo@x",
        "action=staff.joined",
        "outcome=denied",
        "target_id=8",
        "ip=::1",
        "q=%25",
        "q=_",
        "from=2999-01-01",
        "to=2000-01-01",
        "log=mail",
    ],
)
def test_a_filter_leaves_out_what_does_not_fit(mo_client, ann, query):
    invited(ann)
    assert links(mo_client, f"/audit?{query}") == []


def test_pages_go_on_by_key_and_keep_the_filters(mo_client, ann):
    made = [invited(ann) for _ in range(53)]
    first = mo_client.soup("/audit?action=staff.invited")
    older = first.select_one('a[rel="next"]')["href"]
    assert "action=staff.invited" in older
    shown = links(mo_client, "/audit?action=staff.invited")
    assert shown == made[:2:-1]
    assert links(mo_client, older) == made[2::-1]


def test_a_marker_of_another_list_is_a_bad_request(mo_client):
    assert mo_client.get("/audit?cursor=rubbish").status_code == 400


def test_reading_is_noted_once_in_five_minutes_a_log(mo_client):
    for address in ("/audit", "/audit?q=x", "/audit?log=mail", "/audit"):
        mo_client.get(address)
    assert readings() == 2


def test_an_event_shows_old_and_new_and_its_bytes(mo_client, ann):
    event = record(
        Action.STAFF_ROLE_CHANGED,
        by=actor(ann),
        target=Target("staff", 7, "<b>Bea</b>"),
        changes={"role": ("support_agent", "manager"), "password": ("a", "b")},
    )
    db.session.commit()
    page = mo_client.get(f"/audit/events/{event.id}").text
    for text in ("support_agent", "manager", "&lt;b&gt;Bea&lt;/b&gt;", event.id):
        assert text in page
    assert "<b>Bea</b>" not in page


def test_a_truncated_event_is_shown_too(mo_client, ann):
    many = {f"line {n}": ("x" * 2000, "y" * 3000) for n in range(20)}
    event = invited(ann, changes=many, meta={f"line {n}": "z" * 2000 for n in range(20)})
    assert mo_client.get(f"/audit/events/{event}").status_code == 200


def test_an_empty_log_says_so(mo_client):
    assert "main" in mo_client.get("/audit?log=entitlements").text


def test_every_action_has_words():
    wordless = [action for action in Action if in_words(action.value) == action.value]
    assert wordless == []
    assert [action for action in Action if not in_words(action.value).strip()] == []
    assert Outcome("denied")
