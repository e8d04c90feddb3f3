"""Where an event stands in the log, and how far the log is sealed and verified."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.audit.models import Leaf, Verification
from portal.audit.sequencing import sequence
from portal.audit.tree import TreeReader
from portal.core import clock
from portal.core.database import db
from tests.audit.growing import happen
from tests.audit.log_cast import put
from tests.audit.sealed import seal
from tests.statements import counted

FRAGMENT = {"HX-Request": "true"}


def check(exit_code: int, size: int = 41) -> None:
    at = clock.now() - timedelta(minutes=3)
    more = {"started_at": at, "finished_at": at, "faults": {"faults": [], "notes": []}}
    db.session.add(Verification(tree_size=size, exit_code=exit_code, **more))
    db.session.commit()


@pytest.fixture
def event(ann) -> str:
    """One event among others, with its leaf."""
    happen(4)
    made = put(ann, clock.now())
    happen(3)
    sequence()
    return made


def text_of(client, url, selector="main", **more):
    return " ".join(client.soup(url, **more).select_one(selector).get_text().split())


def test_an_event_waits_for_its_place_first(mo_client, ann):
    made = put(ann, "2026-03-01 09:00")
    assert "waits for its place" in text_of(mo_client, f"/audit/events/{made}", "#proof")
    assert "waits for its place" in text_of(mo_client, f"/audit/events/{made}/proof")


def test_an_event_says_its_number_and_its_checkpoint(mo_client, event):
    url = f"/audit/events/{event}"
    index = db.session.scalar(sa.select(Leaf.leaf_index).where(Leaf.event_id == event))
    assert "not sealed by a checkpoint yet" in text_of(mo_client, url, "#proof")
    size = seal().tree_size
    found = text_of(mo_client, url, "#proof")
    assert f"Number {index} of the log" in found
    assert f"over the first {size} events" in found
    assert "signed with the key d38c7771" in found


def test_the_first_checkpoint_that_covers_it_counts(mo_client, event):
    first = seal().tree_size
    happen(5)
    sequence()
    seal()
    assert f"over the first {first} events" in text_of(
        mo_client, f"/audit/events/{event}", "#proof"
    )


@pytest.mark.parametrize("headers", [{}, FRAGMENT])
def test_a_proof_is_worked_out_step_by_step(mo_client, event, headers):
    root = seal(None).root.hex()
    soup = mo_client.soup(f"/audit/events/{event}/proof", headers=headers)
    found = " ".join(soup.select_one("#proof").get_text().split())
    assert "Verified. This event is in the log and nobody changed it." in found
    assert f"not signed, says {root}: the same." in found
    assert len(soup.select(".proof-steps li")) >= 4


def test_a_changed_event_is_not_verified(mo_client, event, monkeypatch):
    seal()
    monkeypatch.setattr("portal.audit.merkle.leaf_hash", lambda _: b"\0" * 32)
    found = text_of(mo_client, f"/audit/events/{event}/proof")
    assert "Not the event that was recorded." in found
    assert "the event of today has another" in found


def test_a_tree_with_a_hole_says_so(mo_client, event, monkeypatch):
    monkeypatch.setattr(TreeReader, "_stored", lambda *_: {})
    found = text_of(mo_client, f"/audit/events/{event}/proof")
    assert "The log is damaged. The tree has no leaf" in found


def test_a_proof_of_anothers_event_looks_like_none(bea_client, event):
    assert bea_client.get(f"/audit/events/{event}/proof").status_code == 404
    assert bea_client.get("/audit/events/x/proof").status_code == 404


def test_the_log_says_how_far_it_is_sealed_and_verified(mo_client, event):
    assert "Not verified yet · no checkpoint yet" in text_of(mo_client, "/audit")
    size = seal(None).tree_size
    assert f"last checkpoint at #{size}, now, not signed" in text_of(mo_client, "/audit")
    check(0)
    assert "Verified up to #41, 3 minutes ago" in text_of(mo_client, "/audit")
    check(3)
    assert "could not be verified" in text_of(mo_client, "/audit")
    check(1)
    assert "found that the log was changed" in text_of(mo_client, "/audit")


def test_the_pages_cost_few_statements(mo_client, event):
    seal()
    check(0)
    mo_client.get("/audit")
    for url, most in (("/audit", 4), (f"/audit/events/{event}", 3)):
        with counted() as statements:
            mo_client.get(url)
        assert len(statements) <= most, "\n".join(statements)
