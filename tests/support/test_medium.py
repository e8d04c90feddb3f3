"""The middle priority was called normal once: what was kept goes over, what is sent is read."""

import flask_migrate
import pytest
import sqlalchemy as sa

from portal.audit.models import AuditEvent
from portal.core.database import db
from portal.core.roles import Role
from portal.support.bulk import start_bulk_change
from portal.support.bulk_work import work_off
from portal.support.filter_language import parse, written
from portal.support.macro_runs import run_macro
from portal.support.macros import create_macro
from portal.support.models import (
    BulkChange,
    BulkChangeRow,
    Macro,
    MacroRun,
    SavedView,
    SlaRule,
    SlaRuleVersion,
    SupportTicket,
    TicketEvent,
)
from portal.support.views import save_view
from portal.support.words import Priority
from tests.cast import actor, make_admin, make_tenant, make_user
from tests.support.desk import make_agent, make_ticket
from tests.support.levels import make_rule

ASKED = 'priority:low,medium -priority:medium "ask priority:medium" medium'
CHANGE = {"priority": "medium", "add_tags": ["medium"]}


@pytest.fixture
def kept(own_app):
    """A priority in every place that keeps one."""
    with own_app.app_context():
        boss = make_admin("Mo Manager", Role.MANAGER, is_second_factor_on=True)
        make_agent(boss)
        high, low = (
            make_ticket(make_user(make_tenant(name)), priority=Priority(priority))
            for name, priority in (("Acme", "high"), ("Birch", "low"))
        )
        make_rule(name="Medium", priority="medium")
        save_view(by=actor(boss), name="Asked", query=ASKED, is_shared=True)
        macro = create_macro(by=actor(boss), name="Medium", steps=CHANGE)
        run_macro(by=actor(boss), ticket=high, author=boss, macro_id=macro.id)
        bulk = start_bulk_change(
            by=actor(boss), ticket_ids=[low.id], change=CHANGE, query="priority:medium"
        )
        db.session.commit()
        work_off({"bulk_id": bulk.id})
        db.session.commit()
        yield high.number
        db.session.remove()


def priorities() -> dict[str, object]:
    """What each place says, as the models read it."""
    db.session.remove()
    run, row = db.session.scalars(sa.select(MacroRun)).one(), one(BulkChangeRow)
    events = sa.select(TicketEvent).filter_by(kind="priority").order_by(TicketEvent.id)
    return {
        "tickets": db.session.scalars(sa.select(SupportTicket.priority)).all(),
        "rule": (one(SlaRule).priority, one(SlaRuleVersion).content["priority"]),
        "view": one(SavedView).query,
        "macro": one(Macro).steps,
        "run": (run.before["priority"], run.after["priority"], run.after["tags"]),
        "bulk": (one(BulkChange).change, one(BulkChange).query),
        "row": [row.before[when]["priority"] for when in ("before", "after")],
        "history": [(each.old, each.new) for each in db.session.scalars(events)],
    }


def one(model):
    return db.session.scalars(sa.select(model)).one()


def said(word: str) -> dict[str, object]:
    change = {"priority": word, "add_tags": ["medium"]}
    return {
        "tickets": [word, word],
        "rule": (word, word),
        "view": f'priority:low,{word} -priority:{word} "ask priority:medium" medium',
        "macro": change,
        "run": ("high", word, ["medium"]),
        "bulk": (change, f"priority:{word}"),
        "row": ["low", word],
        "history": [("high", word), ("low", word)],
    }


def ledger() -> list[bytes]:
    return list(db.session.scalars(sa.select(AuditEvent.canonical).order_by(AuditEvent.id)))


def test_the_migration_renames_it_wherever_it_is_kept_and_back(kept):
    told = ledger()
    assert priorities() == said("medium")
    for move, word in ((flask_migrate.downgrade, "normal"), (flask_migrate.upgrade, "medium")):
        db.session.remove()
        move(revision="0028_money" if word == "normal" else "heads")
        assert priorities() == said(word)
    assert ledger() == told


@pytest.mark.one_database
def test_who_says_normal_means_medium():
    assert Priority("normal") is Priority.MEDIUM
    assert written(parse("priority:Normal,high -priority:normal")) == (
        "priority:medium,high -priority:medium"
    )
    with pytest.raises(ValueError, match="usual"):
        Priority("usual")
