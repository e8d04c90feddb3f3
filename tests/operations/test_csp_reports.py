"""What browsers report of the content policy: counted, logged, never believed, never kept."""

import json

import pytest
import sqlalchemy as sa
import time_machine

from portal.audit.models import AuditEvent
from portal.core.database import db
from portal.customers.rates import RateLimiter
from portal.operations import csp_reports
from portal.operations.csp_reports import LARGEST, MEDIA_TYPE, MOST_A_MINUTE, MOST_REPORTS
from portal.web.headers import POLICY
from tests.operations.test_health import BEARER
from tests.statements import counted

TOKEN = "t" * 43


@pytest.fixture(autouse=True)
def nothing_counted(monkeypatch):
    monkeypatch.setattr(csp_reports, "_requests", RateLimiter(MOST_A_MINUTE))


def report(**body):
    values = {"effectiveDirective": "script-src-elem", "blockedURL": "https://evil.test/x.js?y=1"}
    page = {"documentURL": f"http://localhost/reset-password/{TOKEN}?a=b", "sourceFile": None}
    return {"type": "csp-violation", "age": 1, "body": values | page | body}


def send(client, *reports, **more):
    data = more.pop("data", None) or json.dumps(reports)
    return client.post("/csp-reports", data=data, **{"content_type": MEDIA_TYPE} | more)


def logged(caplog):
    return [one.msg for one in caplog.records if one.name == "portal.csp"]


def count(client, directive="script-src-elem"):
    text = client.get("/metrics", headers=BEARER).text
    name = f'portal_csp_violations_total{{directive="{directive}"}} '
    return sum(float(line.removeprefix(name)) for line in text.splitlines() if name in line)


def test_every_answer_says_where_to_report(client):
    answer = client.get("/sign-in")
    assert "report-to csp" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Reporting-Endpoints"] == 'csp="/csp-reports"'
    assert "frame-src 'self'" in POLICY


def test_a_report_is_counted_and_logged_without_secrets(client, caplog):
    before = count(client)
    answer = send(client, report())
    assert (answer.status_code, answer.data) == (204, b"")
    (line,) = logged(caplog)
    assert (line["event"], line["blocked"]) == ("csp.violation", "//evil.test/x.js")
    assert line["page"] == "//localhost/reset-password/<token>"
    assert line["request_id"] == answer.headers["X-Request-ID"]
    assert count(client) == before + 1


def test_nothing_of_it_reaches_the_database(client):
    before = db.session.scalar(sa.select(sa.func.count(AuditEvent.id)))
    with counted() as statements:
        send(client, report())
    assert statements == []
    assert db.session.scalar(sa.select(sa.func.count(AuditEvent.id))) == before


@pytest.mark.parametrize("directive", ["made-up", 'x"} 1\n', "", None, 5, ["img-src"], {}])
def test_a_directive_that_nobody_knows_is_no_label_of_its_own(client, caplog, directive):
    before = count(client, "other")
    send(client, report(effectiveDirective=directive))
    assert count(client, "other") == before + 1
    assert logged(caplog)[0]["directive"] == "other"


@pytest.mark.parametrize(
    "value", ["a\r\nb", "http://[", "x" * 9000, "//u:pw@h/p", 5, None, ["x"], "\ud800"]
)
def test_a_strange_address_is_one_short_clean_word(client, caplog, value):
    assert send(client, report(blockedURL=value)).status_code == 204
    (line,) = logged(caplog)
    assert line["blocked"].isprintable()
    assert len(line["blocked"]) <= 200
    assert "pw" not in line["blocked"]


@pytest.mark.parametrize(
    "data", ["", "{", "[" * 9000, "5", "{}", "[5]", "[{}]", '[{"type":"csp-violation","body":5}]']
)
def test_what_is_no_report_is_thrown_away(client, caplog, data):
    assert send(client, data=data or " ").status_code == 204
    assert logged(caplog) == []


def test_of_many_reports_at_once_the_first_are_taken(client, caplog):
    send(client, *[report(documentURL="", blockedURL="")] * (MOST_REPORTS + 5))
    assert len(logged(caplog)) == MOST_REPORTS


def test_a_large_body_and_another_type_are_refused(client, caplog):
    assert send(client, data="[" + " " * LARGEST + "]").status_code == 413
    assert send(client, report(), content_type="application/json").status_code == 415
    assert send(client, report(), headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.get("/csp-reports").status_code == 405
    assert logged(caplog) == []


def test_who_sends_too_many_waits_alone(client, caplog):
    flood, other = ({"REMOTE_ADDR": address} for address in ("203.0.113.7", "203.0.113.8"))
    with time_machine.travel("2026-11-23T12:00:00Z", tick=False):
        answers = [send(client, report(), environ_base=flood) for _ in range(MOST_A_MINUTE + 1)]
        assert send(client, report(), environ_base=other).status_code == 204
    assert [one.status_code for one in answers] == [204] * MOST_A_MINUTE + [429]
    assert answers[-1].headers["Retry-After"] == "60"
    assert len(logged(caplog)) == MOST_A_MINUTE + 1
