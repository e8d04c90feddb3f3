"""A log that grows while it is verified is whole: real threads on a real database."""

from threading import Event

import pytest

from portal.audit.sequencing import sequence_all
from portal.audit.verifying import verify_now
from tests.audit.growing import grow, happen
from tests.audit.sealed import SIGNER, named, sign
from tests.staff.test_races import together

pytestmark = pytest.mark.race
WRITERS = 4
ROUNDS = 8


def write(is_over):
    while not is_over.is_set():
        happen(3)


def give_leaves(is_over):
    while not is_over.is_set():
        if sequence_all():
            sign()


def check(is_over):
    """Until the log has grown, however long the others have to wait for SQLite's one lock."""
    reports = []
    try:
        while len(reports) < ROUNDS or reports[-1].tree_size == reports[0].tree_size:
            reports.append(verify_now([SIGNER.verifier]))
        return reports
    finally:
        is_over.set()


def test_what_is_written_meanwhile_fails_no_verification(own_app):
    is_over = Event()
    with own_app.app_context():
        grow(300)
        sign()

    def work(number):
        with own_app.app_context():
            return [check, give_leaves, *[write] * WRITERS][number](is_over)

    reports = together(work, WRITERS + 2)[0]
    assert [named(report) for report in reports] == [[]] * len(reports)
    assert {int(report.exit_code) for report in reports} == {0}
    assert reports[-1].tree_size > reports[0].tree_size
