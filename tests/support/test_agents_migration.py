"""Whoever answered to their role before the desk came is an agent from its first day."""

from datetime import UTC, datetime

import flask_migrate
import pytest
import sqlalchemy as sa

from portal.core.database import db
from portal.staff.models import Admin
from portal.support.models import SupportAgent
from tests.conftest import make_app

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def before(database, tmp_path):
    """A database of the revision before the desk."""
    app = make_app(database.empty(), tmp_path)
    with app.app_context():
        flask_migrate.upgrade(revision="0007_entitlement_log")
        yield app
        db.session.remove()
        db.engine.dispose()


def add(number: int, role: str, *, joined: bool = True, disabled: bool = False) -> None:
    row = {
        "id": number,
        "email": f"{number}@x.test",
        "email_key": f"{number}@x.test",
        "name": f"Person {number}",
        "role": role,
        "theme": "auto",
        "shortcuts_enabled": True,
        "is_second_factor_on": False,
        "created_at": AT,
        "joined_at": AT if joined else None,
        "disabled_at": AT if disabled else None,
    }
    db.session.execute(sa.insert(Admin.__table__).values(**row))


def test_the_migration_brings_the_agents_there_are(before):
    for number, role in enumerate(("admin", "manager", "support_agent", "finance"), start=1):
        add(number, role)
    add(5, "support_agent", joined=False)
    add(6, "support_agent", disabled=True)
    db.session.commit()
    flask_migrate.upgrade()
    agents = db.session.scalars(sa.select(SupportAgent).order_by(SupportAgent.id)).all()
    assert [agent.id for agent in agents] == [1, 2, 3]
    found = {(a.capacity, a.availability, a.ignores_shifts, a.is_active) for a in agents}
    assert found == {(20, "available", True, True)}
    assert all((agent.skills, agent.languages) == ([], []) for agent in agents)
