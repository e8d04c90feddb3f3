"""What takes long is done before anything is written: SQLite has one write lock for everybody.

In each test somebody else writes all the while. Whoever asked for the lock would wait in vain.
"""

from contextlib import contextmanager

import pytest

from portal.core.database import db
from portal.core.roles import Role
from portal.staff.invites import invite, join
from portal.staff.password_changes import reset_password, reset_url
from portal.staff.passwords import WeakPassword
from portal.staff.sessions import take_turns
from portal.two_factor.backup_codes import generate_codes, look_for_code
from tests.cast import actor, make_admin
from tests.two_factor.conftest import give_authenticator

pytestmark = pytest.mark.race


@pytest.fixture
def bea_alone(own_app):
    with own_app.app_context():
        bea = make_admin("Bea Agent")
        db.session.commit()
        yield bea


@contextmanager
def somebody_writes(app, person_id):
    """Another transaction, open from here to the end of the block."""
    with app.app_context():
        take_turns(person_id)
        yield
        db.session.rollback()


def test_a_backup_code_is_found_while_somebody_writes(own_app, bea_alone):
    give_authenticator(bea_alone)
    codes = generate_codes(by=actor(bea_alone), admin=bea_alone)
    bea_id = bea_alone.id
    db.session.commit()
    with somebody_writes(own_app, bea_id), own_app.app_context():
        check = look_for_code(admin_id=bea_id, code=codes[3], session_id="s")
    assert (check().accepted, check().accepted) == (True, False)


def test_a_new_password_is_judged_while_somebody_writes(own_app, bea_alone):
    bea_id, url = bea_alone.id, reset_url(by=actor(bea_alone), person=bea_alone)
    db.session.commit()
    with somebody_writes(own_app, bea_id), own_app.app_context(), pytest.raises(WeakPassword):
        reset_password(token=url.rsplit("/", 1)[1], password="short")


def test_an_invited_persons_password_is_judged_while_somebody_writes(own_app, bea_alone):
    ann = actor(make_admin("Ann Admin", Role.ADMIN))
    _, url = invite(by=ann, email="nia@boxcostpro.test", name="Nia", role=Role.FINANCE)
    bea_id = bea_alone.id
    db.session.commit()
    with somebody_writes(own_app, bea_id), own_app.app_context(), pytest.raises(WeakPassword):
        join(token=url.rsplit("/", 1)[1], name="Nia", password="short", time_zone="")
