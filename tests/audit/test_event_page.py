"""One event: what changed, what it has in common with others, and its exact bytes."""

from portal.audit.actions import Action
from portal.audit.browsing import body_of
from portal.audit.differences import differences
from portal.audit.ledger import Target
from portal.core.provenance import Provenance, set_provenance
from tests.audit.log_cast import ids, put
from tests.statements import counted

FRAGMENT = {"HX-Request": "true"}


def page_of(client, event, **more):
    return client.soup(f"/audit/events/{event}", **more)


def test_old_and_new_are_told_apart_by_more_than_colour(mo_client, ann):
    event = put(ann, "2026-03-01 09:00", changes={"name": ("Old", "New"), "note": (None, "Yes")})
    soup = page_of(mo_client, event)
    assert soup.select_one("del").get_text() == "− Old"
    assert [one.get_text() for one in soup.select("ins")] == ["+ New", "+ Yes"]
    assert "Before" in soup.select_one("table").get_text()


def test_terms_of_a_grant_are_told_one_by_one():
    old = {"effect": "enable", "quota_limit": 5, "unlimited": False}
    new = {"effect": "enable", "quota_limit": 9, "unlimited": True}
    found = differences({"changes": [{"field": "grant", "old": old, "new": new}]})
    assert [(one.field, one.old, one.new) for one in found] == [
        ("grant: quota limit", "5", "9"),
        ("grant: unlimited", "no", "yes"),
    ]


def test_a_changed_secret_is_said_without_its_values(mo_client, ann):
    event = put(ann, "2026-03-01 09:00", changes={"password": ("a", "b")})
    assert "Secrets are not written down" in page_of(mo_client, event).get_text()


def test_every_link_of_an_event_finds_it_again(mo_client, ann, acme):
    origin = Provenance(ip="203.0.113.9", request_id="r-77", session_ref="0123456789abcdef")
    set_provenance(origin)
    target, meta = Target("tenant", acme.id, "Acme"), {"feature_name": "custom_reports"}
    more = {"target": target, "meta": meta, "tenant_id": acme.id}
    event = put(ann, "2026-03-01 09:00", action=Action.ENTITLEMENT_GRANTED, **more)
    set_provenance(Provenance())
    links = page_of(mo_client, event).select("a.chip")
    names = {"person", "object", "account", "feature", "request", "session", "address"}
    assert {link.contents[0].strip() for link in links} == {f"Same {name}" for name in names}
    assert all(event in ids(mo_client.soup(link["href"])) for link in links)


def test_the_exact_bytes_can_be_copied(mo_client, ann, app):
    event = put(ann, "2026-03-01 09:00", reason="<Grüße>")
    shown = page_of(mo_client, event).select_one("#canonical").get_text()
    assert body_of(shown.encode())["reason"] == "<Grüße>"
    assert f'"id":"{event}"' in shown


def test_the_drawer_gets_the_same_event_as_a_part(mo_client, ann):
    event = put(ann, "2026-03-01 09:00")
    answer = mo_client.get(f"/audit/events/{event}", headers=FRAGMENT)
    assert answer.text.lstrip().startswith('<div id="event">')
    assert "invited Bea Agent" in answer.text


def test_bytes_that_cannot_be_read_are_shown_all_the_same(mo_client, ann, monkeypatch):
    event = put(ann, "2026-03-01 09:00")
    monkeypatch.setattr("portal.audit.browsing.body_of", lambda _: {})
    assert "invited somebody" in page_of(mo_client, event).get_text()
    assert event in ids(mo_client.soup("/audit?action=staff.invited"))
    assert body_of(b"\xff{") == body_of(b"[1]") == {}


def test_an_event_costs_few_statements(mo_client, ann):
    event = put(ann, "2026-03-01 09:00")
    with counted() as statements:
        mo_client.get(f"/audit/events/{event}")
    assert len(statements) <= 4, "\n".join(statements)
