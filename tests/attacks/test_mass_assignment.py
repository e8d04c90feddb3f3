"""Fields that no form shows change nothing, whatever form or document they are put into."""

from typing import Any

import pytest
import sqlalchemy as sa

from portal.core.database import db
from portal.core.roles import Role
from portal.customers.models import Tenant, User
from portal.staff.models import Admin
from portal.support.models import SupportTicket
from tests.attacks.ground import Ground
from tests.attacks.wire import Attacker
from tests.cast import make_tenant, make_user, sudo_until
from tests.support.desk import make_ticket

pytestmark = pytest.mark.attack
SMUGGLED = {
    "role": "admin",
    "is_owner": "true",
    "is_admin": "1",
    "id": "1",
    "admin_id": "1",
    "tenant_id": "999",
    "account_id": "999",
    "requester_id": "999",
    "external_id": "stolen",
    "email_key": "stolen@boxcostpro.test",
    "email_verified_at": "2020-01-01T00:00:00Z",
    "password_hash": "$argon2id$stolen",
    "password_changed_at": "2020-01-01T00:00:00Z",
    "is_second_factor_on": "false",
    "totp_enabled": "false",
    "disabled_at": "2020-01-01T00:00:00Z",
    "created_at": "2020-01-01T00:00:00Z",
    "joined_at": "2020-01-01T00:00:00Z",
    "entitlement_version": "999",
    "balance": "999",
    "version": "999",
    "number": "stolen",
    "row.role": "admin",
    "__class__": "Admin",
    "_sa_instance_state": "x",
}
# What the form under attack may change, by what it is called in the table.
OPEN = {"name", "name_key", "time_zone", "theme", "shortcuts_enabled", "version"}


@pytest.fixture
def admin(ground) -> tuple[Admin, Attacker]:
    person = ground.person(Role.ADMIN, "Ann Admin")
    return person, ground.attacker(person, sudo_until=sudo_until(), sudo_method="totp")


@pytest.fixture
def rows(ground, admin) -> dict[type, int]:
    """One row of each kind that is worth stealing."""
    with ground.inside():
        tenant = make_tenant(f"Acme{next(ground.numbers)}x")
        user = make_user(tenant)
        ticket = make_ticket(user)
        db.session.flush()
        return {Tenant: tenant.id, User: user.id, SupportTicket: ticket.id, Admin: admin[0].id}


def stored(ground: Ground, rows: dict[type, int]) -> dict[str, Any]:
    """Every column of those rows that no form is meant to change."""
    found = {}
    with ground.app.app_context():
        for model, key in rows.items():
            table = model.__table__
            row = db.session.execute(sa.select(table).where(table.c.id == key)).mappings().one()
            kept = {k: v for k, v in row.items() if k not in OPEN and not k.startswith("last_")}
            found |= {f"{table.name}.{name}": value for name, value in kept.items()}
    return found


def test_no_form_takes_a_field_that_it_does_not_show(ground, admin, rows):
    thief, before = admin[1], stored(ground, rows)
    tenant, user = rows[Tenant], rows[User]
    forms = {
        "/account/preferences": {"theme": "dark", "time_zone": "UTC"},
        "/account/theme": {"theme": "dark"},
        f"/customers/tenants/{tenant}/edit": {"name": "Acme", "time_zone": "UTC"},
        f"/customers/users/{user}/edit": {"name": "Uma User"},
    }
    for place, fields in forms.items():
        answer = thief.submit(place, {**SMUGGLED, **fields})
        assert answer.status in {200, 303, 422}, place
    assert stored(ground, rows) == before


def test_no_form_of_any_room_takes_them(ground, admin, rows):
    """Every address that takes a form, with nothing but what it does not ask for."""
    thief, before = admin[1], stored(ground, rows)
    doors = ground.doors(lambda view: getattr(view, "audited_actions", None) is not None)
    pages = [url for method, url in doors if method == "POST" and not url.startswith("/api/")]
    own = [url for url in pages if not url.startswith(("/sign-", "/account/"))]
    assert len(own) > 100
    for _, url in ground.sample([("POST", url) for url in own]):
        assert thief.submit(url, SMUGGLED).status < 500, url
    after = stored(ground, rows)
    assert {k: v for k, v in after.items() if k.startswith("admin")} == {
        k: v for k, v in before.items() if k.startswith("admin")
    }


def test_no_document_takes_a_field_that_it_does_not_name(ground, admin, rows):
    thief, before = admin[1], stored(ground, rows)
    external = before[f"{Tenant.__tablename__}.external_id"]
    number = before[f"{SupportTicket.__tablename__}.number"]
    documents = {
        ("PUT", f"/api/customers/tenants/{external}"): {"name": "Acme"},
        ("PATCH", f"/api/support/tickets/{number}"): {},
        ("PUT", f"/api/subscriptions/tenants/{rows[Tenant]}"): {},
        ("POST", "/api/coupons"): {},
        ("POST", "/api/entitlements/features"): {},
    }
    for (method, place), fields in documents.items():
        assert thief.say(method, place, {**SMUGGLED, **fields}).status in {200, 403, 422}, place
    changed = {k for k, v in stored(ground, rows).items() if before[k] != v}
    assert changed <= {f"{Tenant.__tablename__}.entitlement_version"}
