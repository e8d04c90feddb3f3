"""The pages of streams and alerts: who may, what they show, and how they refuse."""

import pytest
import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.alerting.rules import create_rule
from portal.audit.alerting.usual_rules import USUAL
from portal.audit.models import Alert, AlertRule, AuditStream
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from tests.audit.receivers import webhook
from tests.client import parsed
from tests.ledger import events
from tests.statements import counted

NEW = {"name": "SIEM", "kind": "webhook", "address": "https://siem.test/in", "format": "ocsf"}
RULE = {
    "name": "Resets",
    "actions": "totp.reset",
    "outcome": "",
    "lowest_severity": "",
    "role": "",
    "group_by": "",
    "threshold": "1",
    "minutes": "5",
    "quiet_minutes": "60",
    "roles": "admin",
}


def rows(model):
    return db.session.scalars(sa.select(model)).all()


def add(client, **more):
    client.submit("/audit/streams/new", **{**NEW, **more})
    return rows(AuditStream)[-1]


def test_without_streams_the_page_says_why_to_have_one(ann_client, mo_client):
    assert "told nowhere" in ann_client.get("/audit/streams").text
    assert "New stream" not in mo_client.get("/audit/streams").text


def test_a_new_webhook_shows_its_secret_once(ann_proven):
    answer = ann_proven.submit("/audit/streams/new", **NEW)
    row = rows(AuditStream)[0]
    assert "bos_" in answer.text
    assert "bos_" not in ann_proven.get(f"/audit/streams/{row.id}").text
    assert b"bos_" not in row.secret


def test_a_bad_address_is_refused_and_what_was_typed_is_kept(ann_proven):
    answer = ann_proven.submit("/audit/streams/new", **{**NEW, "address": "http://siem.test/in"})
    assert answer.status_code == 422
    assert "begins with https://" in answer.text
    assert "http://siem.test/in" in answer.text
    assert rows(AuditStream) == []


def test_the_page_of_a_stream_says_how_far_behind_it_is(ann_proven):
    row = add(ann_proven)
    row.failures, row.last_error = 3, "It answered 503"
    row.failing_since = row.next_try_at = clock.now()
    text = ann_proven.get(f"/audit/streams/{row.id}").text
    assert "It answered 503" in text
    assert "Behind" in text


def test_a_stream_is_paused_resumed_changed_and_removed(ann_proven):
    row = add(ann_proven, kind="file", address="siem-9")
    here = f"/audit/streams/{row.id}"
    ann_proven.submit(f"{here}/pause", reason="The SIEM moves")
    assert "The SIEM moves" in ann_proven.get(here).text
    assert ann_proven.submit(f"{here}/pause").status_code == 409
    ann_proven.submit(f"{here}/resume")
    ann_proven.submit(f"{here}/change", name="Archive", address="siem-8", format="ecs")
    assert (row.name, row.address, row.paused_at) == ("Archive", "siem-8", None)
    ann_proven.submit(f"{here}/remove")
    assert rows(AuditStream) == []
    assert ann_proven.get(here).status_code == 404


def test_a_test_says_whether_it_was_taken(ann_proven):
    with webhook() as receiver:
        row = add(ann_proven, address=receiver.url)
        here = f"/audit/streams/{row.id}"
        ann_proven.submit(f"{here}/test")
        assert "took the test" in ann_proven.get(here).text
        receiver.status = 500
        ann_proven.submit(f"{here}/test")
        assert "It answered 500" in ann_proven.get(here).text
    assert [b'"test": true' in body for body in receiver.bodies] == [True, True]
    assert len(events(Action.STREAM_TESTED)) == 2


def test_only_admins_decide_where_the_log_goes(mo_client, bea_client, ann_client):
    row = add_directly()
    assert mo_client.get(f"/audit/streams/{row.id}").status_code == 200
    assert bea_client.get("/audit/streams").status_code == 403
    for client in (mo_client, bea_client):
        assert client.submit(f"/audit/streams/{row.id}/remove").status_code == 403
        assert client.submit("/audit/streams/new", **NEW).status_code == 403
    assert "Confirm" in ann_client.submit(f"/audit/streams/{row.id}/remove").text
    assert len(rows(AuditStream)) == 1


def add_directly():
    row = AuditStream(
        name="SIEM", kind="file", address="siem-7", format="ocsf", next_index=0, failures=0,
        created_at=clock.now(),
    )  # fmt: skip
    db.session.add(row)
    db.session.commit()
    return row


@pytest.fixture
def alert(app):
    rule = create_rule(by=SYSTEM, terms=USUAL[0])
    found = Alert(
        rule_id=rule.id, rule_name=rule.name, event_id="x", about="", text="Ann <b>did</b> it",
        count=3, raised_at=clock.now(),
    )  # fmt: skip
    db.session.add(found)
    db.session.commit()
    return found


def test_an_alert_waits_until_somebody_looked_at_it(mo_client, alert):
    page = mo_client.get("/audit/alerts").text
    assert "Ann &lt;b&gt;did&lt;/b&gt; it" in page
    assert "3 times" in page
    mo_client.submit(f"/audit/alerts/{alert.id}/acknowledge")
    assert "Nothing waits for you" in mo_client.get("/audit/alerts").text
    assert "mo@boxcostpro.test" in mo_client.get("/audit/alerts?state=seen").text
    assert mo_client.submit("/audit/alerts/0/acknowledge").status_code == 404


def test_an_agent_sees_no_alerts(bea_client, alert):
    assert bea_client.get("/audit/alerts").status_code == 403
    assert bea_client.submit(f"/audit/alerts/{alert.id}/acknowledge").status_code == 403


def test_a_rule_is_made_changed_and_switched(ann_proven):
    ann_proven.submit("/audit/alerts/rules/new", **RULE)
    rule = rows(AlertRule)[0]
    here = f"/audit/alerts/rules/{rule.id}"
    ann_proven.submit(here, **{**RULE, "threshold": "4", "version": "1"})
    assert (rule.threshold, rule.version) == (4, 2)
    ann_proven.submit(f"{here}/disable")
    rules = ann_proven.get("/audit/alerts/rules").text
    assert "Switch on" in rules
    assert "reset a second factor" in rules
    ann_proven.submit(f"{here}/enable")
    assert rule.disabled_at is None


def test_a_rule_is_weakened_only_by_whoever_proves_who_they_are(ann_client, alert):
    rule = rows(AlertRule)[0]
    fields = {**RULE, "threshold": "10000", "version": str(rule.version)}
    assert "Confirm" in ann_client.submit(f"/audit/alerts/rules/{rule.id}", **fields).text
    db.session.expire_all()
    assert (rule.threshold, rule.version) == (1, 1)


def test_a_rule_that_was_changed_meanwhile_is_not_overwritten(ann_proven):
    ann_proven.submit("/audit/alerts/rules/new", **RULE)
    rule = rows(AlertRule)[0]
    here = f"/audit/alerts/rules/{rule.id}"
    ann_proven.submit(here, **{**RULE, "threshold": "4", "version": "1"})
    answer = ann_proven.submit(here, **{**RULE, "threshold": "9", "version": "1"})
    assert answer.status_code == 422
    assert "changed by somebody else" in answer.text
    assert 'value="9"' in answer.text
    assert rule.threshold == 4
    again = {"threshold": "9", "version": parsed(answer).select_one("[name=version]")["value"]}
    assert ann_proven.submit(here, **{**RULE, **again}).status_code == 303
    assert rule.threshold == 9


@pytest.mark.parametrize(
    "wrong", [{"threshold": "0"}, {"threshold": "x"}, {"actions": "no.such"}, {"name": ""}]
)
def test_a_rule_that_cannot_be_is_refused_on_the_form(ann_proven, wrong):
    answer = ann_proven.submit("/audit/alerts/rules/new", **{**RULE, **wrong})
    assert answer.status_code == 422
    assert rows(AlertRule) == []


def test_the_lists_ask_no_more_for_more_rows(mo_client, alert):
    add_directly()
    for url in ("/audit/streams", "/audit/alerts", "/audit/alerts/rules"):
        mo_client.get(url)
        with counted() as asked:
            mo_client.get(url)
        assert len(asked) <= 4
