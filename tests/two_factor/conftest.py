"""Bea with an authenticator whose codes the tests can compute, at an instant that stands still."""

import dataclasses
from datetime import UTC, datetime

import pyotp
import pytest
import time_machine

from portal.core import clock
from portal.core.database import db
from portal.core.sealing import key_id
from portal.staff.models import Admin
from portal.staff.passwords import hash_password
from portal.two_factor.authenticators import sealed_secret
from portal.two_factor.models import TwoFactorAuth
from tests.cast import PASSWORD, make_admin, open_session

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
OLD, OTHER = (bytes(range(n, n + 32)) for n in (1, 2))


@pytest.fixture
def moment():
    """Time stands at noon until the test moves it."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def code(steps: int = 0, secret: str = SECRET) -> str:
    """What the app shows so many 30-second steps from now."""
    return pyotp.TOTP(secret).at(clock.now(), counter_offset=steps)


def give_authenticator(admin: Admin, secret: str = SECRET, **more: object) -> TwoFactorAuth:
    sealed = sealed_secret(secret, admin.id)
    row = TwoFactorAuth(
        admin_id=admin.id,
        secret_sealed=sealed,
        key_id=key_id(sealed),
        enabled_at=clock.now(),
        **{"last_step": 0, **more},
    )
    admin.is_second_factor_on = True
    db.session.add(row)
    db.session.flush()
    return row


def with_password(name: str, **more: object) -> Admin:
    return make_admin(name, password_hash=hash_password(PASSWORD), **more)


@pytest.fixture
def bea_enrolled(moment, bea):
    give_authenticator(bea)
    bea.password_hash = hash_password(PASSWORD)
    return bea


@pytest.fixture
def bea_here(app, bea_enrolled):
    """Her browser, signed in."""
    client = app.test_client()
    client.sign_in(open_session(bea_enrolled)[1])
    return client


@pytest.fixture
def keyed(app):
    """Exchange the data keys of the running portal."""
    before = app.extensions["portal_settings"]

    def exchange(**keys):
        values = dataclasses.replace(before, data_keys=tuple(keys.items()))
        app.extensions["portal_settings"] = values

    exchange(old=OLD)
    yield exchange
    app.extensions["portal_settings"] = before
