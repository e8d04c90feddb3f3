"""Carries one scan out: starts the scanner, waits for it, and asks the portal's log what it met."""

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.attacks.scanners.answers import Answers, LogMark
from tests.attacks.scanners.catcher import Catcher
from tests.attacks.scanners.findings import Finding, Level, fails
from tests.attacks.scanners.scans import Ground, Scan, without_secrets
from tests.attacks.scanners.target import Caller, Target

PATIENCE = 120
"""Seconds beyond its time that a scanner gets for its report."""
TOLD = 12
"""Last lines of a scanner that failed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one scan."""

    scan: Scan
    words: list[str]
    seconds: float
    answers: Answers
    findings: list[Finding]
    is_known_after: bool
    """Does the session or token that it had still open something?"""

    @property
    def has_failed(self) -> bool:
        return fails(self.findings, len(self.answers.broken))


def carry_out(scan: Scan, target: Target, catcher: Catcher, folder: Path, pace: float) -> Outcome:
    folder.mkdir(parents=True)
    headers = target.headers(scan.caller)
    seconds = max(10, round(scan.seconds * pace))
    ground = Ground(target.url, headers, folder, seconds, target.database, catcher.url)
    words, mark, begun = scan.words(ground), LogMark(target.log), time.monotonic()
    found = _run(scan, words, folder, seconds + PATIENCE)
    found = [*found, *catcher.take_findings()]
    return Outcome(
        scan=scan,
        words=without_secrets(words, headers),
        seconds=time.monotonic() - begun,
        answers=mark.answers(),
        findings=sorted(found, key=lambda one: -one.level),
        is_known_after=scan.caller is Caller.NOBODY or target.is_known(headers),
    )


def _run(scan: Scan, words: list[str], folder: Path, patience: int) -> list[Finding]:
    """A scanner that does not end as it should has looked at less than it says: that counts."""
    log = folder / "output.txt"
    with log.open("wb") as output:
        running = subprocess.Popen(
            words, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            status = running.wait(patience)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
            return [_broken(scan, f"did not end within {patience} seconds", log)]
    if status not in scan.ends:
        return [_broken(scan, f"ended with status {status}", log)]
    try:
        return scan.read(folder, log.read_text(errors="replace"))
    except (OSError, ValueError, LookupError) as error:
        return [_broken(scan, f"left no report that can be read: {error!r}", log)]


def _broken(scan: Scan, how: str, log: Path) -> Finding:
    lines = log.read_text(errors="replace").splitlines()[-TOLD:]
    print(f"{scan.scanner} {how}:", *lines, sep="\n  ", file=sys.stderr)
    return Finding(Level.MEDIUM, "scanner error", scan.what, how)
