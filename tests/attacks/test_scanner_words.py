"""What each scanner says becomes findings of one scale, and nothing of it is lost."""

import json
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.attacks.scanners import schema_scans, sqlmap_scans, wapiti_scans
from tests.attacks.scanners.catcher import catching
from tests.attacks.scanners.findings import Finding, Level, fails
from tests.attacks.scanners.scans import Ground, without_secrets
from tests.processes import HOST

INJECTABLE = """\
[10:00:01] [INFO] testing for SQL injection on GET parameter 'q'
sqlmap identified the following injection point(s) with a total of 46 HTTP(s) requests:
---
Parameter: q (GET)
    Type: boolean-based blind
    Title: AND boolean-based blind - WHERE or HAVING clause
    Payload: q=Bea' AND 1=1
---
"""
NOT_INJECTABLE = """\
[10:00:01] [WARNING] heuristic (basic) test shows that GET parameter 'q' might not be SQL injectable
[10:00:02] [CRITICAL] target URL content appears to be heavily dynamic. sqlmap is going to retry
[10:00:09] [WARNING] GET parameter 'q' does not seem to be injectable
[10:00:09] [CRITICAL] all tested parameters do not appear to be injectable. Try to increase values
"""
HINT = "[10:00:01] [INFO] heuristic (XSS) test shows that GET parameter 'q' might be vulnerable\n"
BROKE_OFF = "[10:00:09] [WARNING] GET parameter 'q' does not seem to be injectable\n"
AWAY = "[10:00:01] [CRITICAL] unable to connect to the target URL\n"


def ground(folder: Path, **headers: str) -> Ground:
    return Ground("http://127.0.0.1:1", headers, folder, 60, "sqlite", "http://127.0.0.1:2/")


def check(status: str, failure: dict | None = None) -> dict:
    return {"status": status, "failure_info": {"failure": failure}}


def schemathesis_says(folder: Path, *checks: dict, errors: tuple = (), status: int = 200) -> None:
    recorder = {
        "label": "GET /api/things",
        "checks": {"one": list(checks)},
        "interactions": {"one": {"response": {"status_code": status}}},
    }
    events = [{"EngineStarted": {}}, {"ScenarioFinished": {"recorder": recorder}}]
    (folder / "report.json").write_text(json.dumps({"errors": list(errors)}))
    (folder / "events.ndjson").write_text("\n".join(map(json.dumps, events)))


CRASH = {
    "type": "ServerError",
    "title": "Server error",
    "message": "It broke\n\n  badly",
    "severity": "critical",
    "operation": "GET /api/things",
}


def test_schemathesis_tells_each_kind_of_failure_once_an_operation(tmp_path):
    schemathesis_says(tmp_path, check("success"), check("failure", CRASH), check("failure", CRASH))
    said = "[200] Server error; It broke; badly"
    expected = Finding(Level.CRITICAL, "ServerError", "GET /api/things", said)
    assert schema_scans.read(tmp_path, "") == [expected]


def test_schemathesis_that_broke_off_has_not_passed(tmp_path):
    schemathesis_says(tmp_path, check("success"), errors=({"title": "Runtime Error"},))
    assert [(found.level, found.detail) for found in schema_scans.read(tmp_path, "")] == [
        (Level.MEDIUM, "Runtime Error")
    ]


def test_schemathesis_looks_for_ignored_tokens_but_not_for_ignored_cookies(tmp_path):
    by_token = " ".join(schema_scans.words(ground(tmp_path, Authorization="Bearer x")))
    by_session = " ".join(schema_scans.words(ground(tmp_path, Cookie="portal_session=x")))
    assert "ignored_auth" in by_token
    assert "ignored_auth" not in by_session


def wapiti_says(folder: Path, **kinds: dict) -> list[Finding]:
    report = {"vulnerabilities": {}, "anomalies": {}, **kinds}
    (folder / "report.json").write_text(json.dumps(report))
    return wapiti_scans.read(folder, "")


def test_wapiti_tells_vulnerabilities_and_anomalies(tmp_path):
    one = {"method": "GET", "path": "/audit", "parameter": "q", "info": "XSS\nthere", "level": 2}
    two = {"method": "POST", "path": "/x", "parameter": "", "info": "500", "level": 3}
    found = wapiti_says(
        tmp_path,
        vulnerabilities={"Reflected XSS": [one], "Backup file": []},
        anomalies={"Internal Server Error": [two]},
    )
    assert found == [
        Finding(Level.MEDIUM, "Reflected XSS", "GET /audit (q)", "XSS there"),
        Finding(Level.HIGH, "Internal Server Error", "POST /x", "500"),
    ]


def test_wapiti_asks_no_other_host_and_leaves_its_session_alone(tmp_path):
    words = wapiti_scans.words(ground(tmp_path))
    assert words[words.index("--endpoint") + 1] == "http://127.0.0.1:2/"
    assert "http://127.0.0.1:1/sign-out*" in words
    assert not {"ssl", "takeover", "htp", "nikto", "wapp"} & set(wapiti_scans.MODULES)


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (INJECTABLE, [(Level.CRITICAL, "SQL injection", "GET /staff (q)")]),
        (NOT_INJECTABLE, []),
        (HINT + NOT_INJECTABLE, [(Level.LOW, "XSS hint", "GET /staff")]),
        (BROKE_OFF, [(Level.INFO, "time was up", "GET /staff")]),
        (AWAY, [(Level.MEDIUM, "scanner error", "GET /staff")]),
    ],
)
def test_sqlmap_tells_what_it_could_inject(output, expected):
    found = sqlmap_scans.findings("GET /staff", output)
    assert [(one.level, one.kind, one.place) for one in found] == expected


def test_whoever_calls_the_catcher_is_caught_but_for_the_scanner():
    with catching() as catcher:
        for path in ("/", "/get_ssrf.php?session_id=abc", "/ssrf/abc/1/71/"):
            line = HTTPConnection(HOST, catcher.port, timeout=10)
            line.request("GET", path)
            assert line.getresponse().read() == b"{}"
            line.close()
        assert [found.place for found in catcher.take_findings()] == ["GET /ssrf/abc/1/71/"]
        assert catcher.take_findings() == []


@pytest.mark.parametrize("level", [Level.MEDIUM, Level.HIGH, Level.CRITICAL])
def test_one_finding_of_medium_or_above_fails_a_scan(level):
    assert fails([Finding(Level.LOW, "x", "/"), Finding(level, "x", "/")], 0)
    assert not fails([Finding(Level.LOW, "x", "/"), Finding(Level.INFO, "x", "/")], 0)


def test_one_answer_of_5xx_fails_a_scan():
    assert fails([], 1)
    assert not fails([], 0)


def test_no_session_and_no_token_stands_in_the_words_of_a_report():
    headers = {"Cookie": "portal_session=secret", "X-CSRFToken": "token"}
    words = ["scan", "--header", "Cookie: portal_session=secret", "--header", "X-CSRFToken: token"]
    shown = " ".join(without_secrets(words, headers))
    assert shown == "scan --header Cookie: <Cookie> --header X-CSRFToken: <X-CSRFToken>"
