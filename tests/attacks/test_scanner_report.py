"""A run of the scanners is judged by the portal's own log, and told in one report."""

import json
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.attacks.scanners.answers import Answers, Broken, LogMark, read_answers
from tests.attacks.scanners.catcher import Catcher
from tests.attacks.scanners.findings import Finding, Level
from tests.attacks.scanners.report import Run, for_people, for_programs, write_report
from tests.attacks.scanners.running import Outcome, carry_out
from tests.attacks.scanners.scans import Scan
from tests.attacks.scanners.target import Caller

CRASHED = 'Traceback (most recent call last):\n  File "x.py"\nValueError: no such thing'


def line(status: int, request_id: str = "a1", **more: object) -> str:
    said = {"event": "request", "status": status, "request_id": request_id, "method": "GET"}
    return json.dumps({**said, "path": "/audit", "milliseconds": 12.5, **more}) + "\n"


def test_requests_and_answers_are_counted_from_the_log():
    lines = [line(200), line(404), line(200), "Killed\n", json.dumps({"event": "csrf.rejected"})]
    found = read_answers(lines)
    assert (found.requests, found.by_class) == (3, {"2xx": 2, "4xx": 1})
    assert (found.broken, found.slowest_ms) == ([], 12.5)


def test_a_5xx_is_told_with_its_request_and_its_reason():
    crash = {"event": "request.crashed", "request_id": "b2", "exception": CRASHED}
    found = read_answers([json.dumps(crash), line(500, "b2"), line(503, "c3")])
    assert found.broken == [
        Broken("b2", "GET", "/audit", 500, "ValueError: no such thing"),
        Broken("c3", "GET", "/audit", 503, ""),
    ]


def test_a_scan_answers_only_for_what_came_after_its_beginning(tmp_path):
    log = tmp_path / "server.log"
    log.write_text(line(500))
    mark = LogMark(log)
    with log.open("a") as more:
        more.write(line(200))
    assert mark.answers().statuses == Counter({200: 1})


def scan(read=lambda _folder, _output: [], **more: object) -> Scan:
    words = more.pop("words", [sys.executable, "-c", "print('done')"])
    return Scan("wapiti", Caller.ADMIN, "all pages", 10, lambda _ground: words, read, **more)


class FakeTarget(SimpleNamespace):
    """A portal of which nothing is asked but its log."""

    url, database = "http://127.0.0.1:1", "sqlite"

    def headers(self, _caller: Caller) -> dict[str, str]:
        return {"Cookie": "portal_session=x"}

    def is_known(self, _headers: dict[str, str]) -> bool:
        return True


@pytest.fixture
def carried(tmp_path):
    def carry(one: Scan, catcher: Catcher | None = None) -> Outcome:
        log = tmp_path / "server.log"
        log.touch()
        return carry_out(one, FakeTarget(log=log), catcher or Catcher(), tmp_path / "scan", 1.0)

    return carry


def test_a_scanner_reads_what_it_wrote_and_what_it_said(carried):
    found = carried(scan(lambda _, said: [Finding(Level.LOW, "told", "/", said.strip())]))
    assert [one.detail for one in found.findings] == ["done"]
    assert not found.has_failed


def test_a_scanner_that_ends_otherwise_than_it_should_fails_the_scan(carried, capsys):
    found = carried(scan(words=[sys.executable, "-c", "raise SystemExit('no such option')"]))
    assert [one.detail for one in found.findings] == ["ended with status 1"]
    assert found.has_failed
    assert "no such option" in capsys.readouterr().err


def test_a_scanner_that_leaves_no_report_fails_the_scan(carried):
    def read(folder: Path, _output: str) -> list[Finding]:
        return [Finding(Level.INFO, "told", "/", (folder / "report.json").read_text())]

    found = carried(scan(read))
    assert [one.kind for one in found.findings] == ["scanner error"]
    assert found.has_failed


def test_a_call_to_the_catcher_fails_the_scan(carried):
    catcher = Catcher()
    catcher.note("GET", "/ssrf/1")
    assert carried(scan(), catcher).has_failed


def outcome(*found: Finding, broken: int = 0, is_known: bool = True, requests: int = 50) -> Outcome:
    each = [Broken(f"id{number}", "GET", "/audit", 500, "broke") for number in range(broken)]
    answers = Answers(Counter({200: requests, 500: broken}), each, 30.0)
    return Outcome(scan(), ["wapiti", "--url"], 5.0, answers, list(found), is_known)


def run(*outcomes: Outcome, least: int = 10) -> Run:
    return Run("sqlite", "2026-11-28 22:00 UTC", {"wapiti": "3.2.3"}, outcomes, least)


@pytest.mark.parametrize(
    ("outcomes", "least", "faults"),
    [
        ([outcome(Finding(Level.LOW, "x", "/"))], 10, []),
        ([outcome(Finding(Level.MEDIUM, "x", "/"))], 10, ["1 findings of medium or above"]),
        ([outcome(broken=1)], 10, ["1 answers of 5xx"]),
        ([outcome(requests=50), outcome(requests=49)], 100, ["99 requests, 100 are asked for"]),
        ([outcome(is_known=False)], 10, ["lost its session: wapiti as admin"]),
    ],
)
def test_a_run_fails_by_what_it_found_and_by_what_it_could_not_look_at(outcomes, least, faults):
    assert run(*outcomes, least=least).faults == faults


def test_the_report_tells_every_finding_and_every_5xx():
    text = for_people(run(outcome(Finding(Level.HIGH, "XSS", "GET /a", "there"), broken=2)))
    assert "**Failed**: 1 findings of medium or above; 2 answers of 5xx" in text
    assert "| wapiti | admin | all pages | 52 | 50 | 0 | 0 | 2 | 1 | 5 |" in text
    assert "- high: XSS at GET /a: there" in text
    assert "- 5xx: 500 to GET `/audit`, request id1: broke" in text
    assert "wapiti 3.2.3" in text


def test_a_program_reads_the_same_from_the_other_file(tmp_path: Path):
    made = run(outcome(Finding(Level.LOW, "x", "/")))
    write_report(made, tmp_path / "instance" / "attack-report")
    read = json.loads((tmp_path / "instance" / "attack-report.json").read_text())
    assert read == json.loads(json.dumps(for_programs(made)))
    assert (read["passed"], read["requests"], read["levels"]["low"]) == (True, 50, 1)
    assert (tmp_path / "instance" / "attack-report.md").read_text() == for_people(made)
