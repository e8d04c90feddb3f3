"""The people of the tests. Ann is an admin, Mo a manager, Bea a support agent, Cy an outsider.

Acme and Birch are tenants.
"""

from datetime import datetime, timedelta

import pytest
from flask import Flask

from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import db
from portal.core.roles import Role
from portal.core.tokens import new_token, token_sha256
from portal.customers.models import StatusChange, Tenant, TenantStatus, User, UserStatus
from portal.customers.naming import address_key, name_key
from portal.staff.models import Admin, AdminSession
from portal.staff.roles import permissions_of
from portal.web.access import SessionState
from tests.client import Client

PASSWORD = "correct horse battery staple 42"


def make_admin(name: str = "Cy Outsider", role: Role = Role.SUPPORT_AGENT, **more: object) -> Admin:
    """A person who joined a year ago, with the password `PASSWORD` when `with_password` says so."""
    joined = clock.now() - timedelta(days=365)
    email = str(more.pop("email", f"{name.split(maxsplit=1)[0].lower()}@boxcostpro.test"))
    values = {
        "email": email,
        "email_key": email.casefold(),
        "name": name,
        "role": role,
        "created_at": joined,
        "joined_at": joined,
        "email_verified_at": joined,
        "password_changed_at": joined,
        **more,
    }
    admin = Admin(**values)
    db.session.add(admin)
    db.session.flush()
    return admin


def actor(admin: Admin) -> Actor:
    """The person as the doer of a deed."""
    return Actor(ActorType.ADMIN, admin.id, admin.email, admin.role, permissions_of(admin.role))


def open_session(
    admin: Admin, state: SessionState = SessionState.ACTIVE, **more: object
) -> tuple[AdminSession, str]:
    """A session row and the token whose cookie opens it."""
    token, now = new_token(), clock.now()
    values = {
        "id": new_token()[:36],
        "token_sha256": token_sha256(token),
        "admin_id": admin.id,
        "state": state,
        "created_at": now,
        "last_seen_at": now,
        "idle_expires_at": now + timedelta(minutes=15),
        "absolute_expires_at": now + timedelta(hours=8),
        "password_proven_at": now,
        "amr": "pwd otp",
        "csrf_secret": new_token(),
        "network": "127.0.0.0/24",
        "device_label": "Test browser",
        **more,
    }
    session = AdminSession(**values)
    db.session.add(session)
    db.session.flush()
    return session, token


def make_tenant(name: str = "Acme", **more: object) -> Tenant:
    """A tenant of a year, active and known to the product by its first name in small letters."""
    created = clock.now() - timedelta(days=365)
    values = {
        "external_id": name.split(maxsplit=1)[0].lower(),
        "name": name,
        "name_key": name_key(name),
        "status": TenantStatus.ACTIVE,
        "time_zone": "UTC",
        "entitlement_version": 1,
        "created_at": created,
        **more,
    }
    tenant = Tenant(**values)
    db.session.add(tenant)
    db.session.flush()
    _note_status(tenant.id, None, tenant.status, tenant.created_at)
    return tenant


def make_user(tenant: Tenant, name: str = "Uma User", **more: object) -> User:
    """An active user of a year; the external id is the first name in small letters."""
    first = name.split(maxsplit=1)[0].lower()
    email = str(more.pop("email", f"{first}@{tenant.external_id}.test"))
    values = {
        "tenant_id": tenant.id,
        "external_id": first,
        "name": name,
        "name_key": name_key(name),
        "email": email,
        "email_key": address_key(email),
        "status": UserStatus.ACTIVE,
        "created_at": clock.now() - timedelta(days=365),
        **more,
    }
    user = User(**values)
    db.session.add(user)
    db.session.flush()
    _note_status(tenant.id, user.id, user.status, user.created_at)
    return user


def _note_status(tenant_id: int, user_id: int | None, status: str, at: datetime) -> None:
    db.session.add(StatusChange(tenant_id=tenant_id, user_id=user_id, status=status, at=at))
    db.session.flush()


def sudo_until() -> datetime:
    return clock.now() + timedelta(minutes=10)


@pytest.fixture
def ann(app: Flask) -> Admin:
    return make_admin("Ann Admin", Role.ADMIN, is_second_factor_on=True)


@pytest.fixture
def mo(app: Flask) -> Admin:
    return make_admin("Mo Manager", Role.MANAGER, is_second_factor_on=True)


@pytest.fixture
def bea(app: Flask) -> Admin:
    return make_admin("Bea Agent", Role.SUPPORT_AGENT, is_second_factor_on=True)


@pytest.fixture
def cy(app: Flask) -> Admin:
    """Invited by nobody, enrolled in nothing."""
    return make_admin("Cy Outsider", Role.SUPPORT_AGENT)


@pytest.fixture
def acme(app: Flask) -> Tenant:
    return make_tenant("Acme")


@pytest.fixture
def birch(app: Flask) -> Tenant:
    return make_tenant("Birch")


def signed_in(app: Flask, admin: Admin, **session: object) -> Client:
    """A browser in which the person is signed in."""
    client = app.test_client()
    assert isinstance(client, Client)
    client.sign_in(open_session(admin, **session)[1])
    return client


def trusted(app: Flask, admin: Admin) -> Client:
    """A browser in which the person proved the second factor a moment ago."""
    return signed_in(app, admin, sudo_until=sudo_until(), sudo_method="totp")


@pytest.fixture
def ann_client(app: Flask, ann: Admin) -> Client:
    return signed_in(app, ann)


@pytest.fixture
def ann_proven(app: Flask, ann: Admin) -> Client:
    """Ann's browser, where she has just proven herself."""
    return trusted(app, ann)


@pytest.fixture
def mo_proven(app: Flask, mo: Admin) -> Client:
    return trusted(app, mo)


@pytest.fixture
def mo_client(app: Flask, mo: Admin) -> Client:
    return signed_in(app, mo)


@pytest.fixture
def bea_client(app: Flask, bea: Admin) -> Client:
    return signed_in(app, bea)
