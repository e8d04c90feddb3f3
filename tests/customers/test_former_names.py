"""What somebody was called before is kept until they are erased, and goes with them."""

from datetime import timedelta

import flask_migrate
import pytest

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.customers.former import ever_called
from portal.customers.models import FormerName
from portal.customers.privacy import erase_user, export_user
from portal.customers.users import change_user
from portal.support.participants import add_participant
from tests.cast import actor, make_tenant, make_user
from tests.support.desk import make_ticket


@pytest.fixture
def zoe(acme):
    return make_user(acme, "Zoe Zed")


def called(user):
    return [(one.name, one.email) for one in ever_called(user)]


def rename(ann, user, name=None, email=None):
    change_user(by=actor(ann), user=user, name=name or user.name, email=email or user.email)


def test_who_was_never_called_otherwise_has_one_name(zoe):
    assert called(zoe) == [("Zoe Zed", "zoe@acme.test")]


def test_each_name_and_address_of_before_is_kept_the_latest_first(ann, zoe):
    rename(ann, zoe, email="zoe@new.test")
    with clock.standing_at(clock.now() + timedelta(hours=1)):
        rename(ann, zoe, name="Zoe Wed")
    assert called(zoe) == [
        ("Zoe Wed", "zoe@new.test"),
        ("Zoe Zed", "zoe@new.test"),
        ("Zoe Zed", "zoe@acme.test"),
    ]


def test_saved_as_it_is_nothing_is_kept(ann, zoe):
    rename(ann, zoe)
    assert db.session.query(FormerName).count() == 0


def test_who_is_renamed_to_and_fro_has_each_name_once_until_the_last_time(ann, zoe):
    start = clock.now()
    for hour, address in enumerate(("zoe@new.test", "zoe@acme.test") * 3):
        with clock.standing_at(start + timedelta(hours=hour)):
            rename(ann, zoe, email=address)
    kept = db.session.query(FormerName).order_by(FormerName.id).all()
    assert [one.email for one in kept] == ["zoe@acme.test", "zoe@new.test"]
    assert [one.until - start for one in kept] == [timedelta(hours=4), timedelta(hours=5)]


def test_their_export_carries_what_they_were_called(ann, zoe):
    rename(ann, zoe, name="Zoe Wed", email="zoe@new.test")
    (found,) = export_user(by=actor(ann), user=zoe)["former_names"]
    assert (found["name"], found["email"]) == ("Zoe Zed", "zoe@acme.test")


def test_an_erased_user_was_never_called_anything(ann, zoe, acme):
    other = make_user(acme, "Olga Other")
    for user in (zoe, other):
        rename(ann, user, email=f"{user.external_id}@new.test")
    erase_user(by=actor(ann), user=zoe, reason="asked")
    (left,) = db.session.query(FormerName).all()
    assert left.user_id == other.id


def test_what_tickets_knew_before_the_upgrade_is_kept(own_app, database):
    with own_app.app_context():
        acme = make_tenant("Acme")
        zoe, wes = make_user(acme, "Zoe Zed"), make_user(acme, "Wes Third")
        for _ in range(2):
            ticket = make_ticket(make_user(acme, f"Olga{_} Other"))
            for user in (zoe, wes):
                add_participant(by=SYSTEM, ticket=ticket, email=user.email)
        zoe.email = "zoe@new.test"
        db.session.commit()
        flask_migrate.downgrade(revision="0032_sorted_queues")
        flask_migrate.upgrade()
        found = db.session.query(FormerName).all()
        assert [(one.user_id, one.name, one.email, one.email_key) for one in found] == [
            (zoe.id, "Zoe Zed", "zoe@acme.test", "zoe@acme.test")
        ]
        assert found[0].until <= clock.now()
