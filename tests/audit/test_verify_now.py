"""The page of verifications, and its button."""

import pytest

from portal.audit.actions import Action
from portal.audit.models import Verification
from portal.audit.verifying import rounds
from portal.core import clock
from portal.core.database import db
from portal.core.roles import Role
from portal.jobs.models import Job
from tests.cast import make_admin, signed_in
from tests.ledger import events

FAULT = {"kind": "modified", "leaf_index": 4, "event_id": "x", "message": "Changed."}


@pytest.fixture
def mo(app):
    return signed_in(app, make_admin("Mo Manager", Role.MANAGER))


def keep(exit_code: int, *faults: dict[str, object]) -> None:
    now = clock.now()
    found = {"faults": list(faults), "unknown": [], "notes": ["A note."], "signed_size": 3}
    db.session.add(
        Verification(
            started_at=now, finished_at=now, tree_size=5, exit_code=exit_code, faults=found
        )
    )
    db.session.flush()


def verdict(browser) -> str:
    return " ".join(browser.soup("/audit/verification").select_one("#verdict").text.split())


def test_before_the_first_one_the_page_says_so(mo):
    assert verdict(mo) == "The log was not verified yet."


def test_the_last_one_is_shown_with_what_it_found(mo):
    keep(0)
    keep(1, FAULT)
    assert verdict(mo).startswith("Changed 5 events, 3 of them signed,")
    page = mo.soup("/audit/verification")
    assert "Changed." in page.select_one("#fault-rows").text
    assert len(page.select("#verification-rows tr")) == 1


def test_the_button_queues_one_round_and_shows_that_it_waits(mo):
    for _ in range(2):
        assert mo.submit("/audit/verify").status_code == 303
    assert db.session.query(Job).filter_by(kind=rounds.KIND).count() == 1
    assert len(events(Action.AUDIT_VERIFICATION_REQUESTED)) == 2
    page = mo.soup("/audit/verification")
    assert "waits for the worker" in page.select_one("#verification-progress").text
    assert page.select_one("form[action='/audit/verify']") is None


def test_who_may_not_see_all_events_may_not_verify(app):
    bea = signed_in(app, make_admin("Bea", Role.SUPPORT_AGENT))
    assert bea.get("/audit/verification").status_code == 403
    assert bea.submit("/audit/verify").status_code == 403
    assert db.session.query(Job).filter_by(kind=rounds.KIND).count() == 0
