"""Another address: confirmed at the new one, taken back from the old one."""

import pytest

from portal.audit.actions import Action
from portal.core.database import db
from portal.staff.models import Admin
from tests.cast import signed_in, trusted
from tests.ledger import events
from tests.staff.post import link_in, mails

NEW = "bea.new@boxcostpro.test"


def asked(app, bea):
    answer = trusted(app, bea).submit("/account/email", email=NEW)
    assert answer.status_code == 303
    return link_in("email_change")


def address(bea):
    return db.session.get(Admin, bea.id).email


def test_the_new_address_counts_once_its_link_is_followed(app, client, bea):
    url = asked(app, bea)
    assert client.get(url).status_code == 200
    assert address(bea) == "bea@boxcostpro.test"
    assert client.submit(url).location == "/sign-in"
    assert address(bea) == NEW
    assert client.submit(url).status_code == 410
    assert len(events(Action.EMAIL_CHANGED)) == 1


def test_the_old_address_takes_the_account_back(app, client, bea):
    client.submit(asked(app, bea))
    thief = signed_in(app, bea)
    url = link_in("email_changed")
    assert client.get(url).status_code == 200
    assert "localhost/reset-password/" in client.submit(url).location
    assert address(bea) == "bea@boxcostpro.test"
    assert db.session.get(Admin, bea.id).password_hash is None
    assert thief.get("/account/sessions").status_code == 303


@pytest.mark.parametrize("email", ["", "none", "mo@boxcostpro.test", "bea@boxcostpro.test"])
def test_an_address_that_cannot_be_is_refused(app, bea, mo, email):
    assert trusted(app, bea).submit("/account/email", email=email).status_code == 422
    assert mails("email_change") == []


def test_asking_for_taken_addresses_is_counted(app, bea, mo):
    client = trusted(app, bea)
    answers = [client.submit("/account/email", email=mo.email) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429]
    assert int(answers[5].headers["Retry-After"]) > 1
    assert mails("email_change") == []


def test_a_withdrawn_change_is_dead(app, client, bea):
    url = asked(app, bea)
    assert trusted(app, bea).submit("/account/email/withdraw").status_code == 303
    assert client.submit(url).status_code == 410
    assert address(bea) == "bea@boxcostpro.test"
    assert trusted(app, bea).submit("/account/email/withdraw").status_code == 303
    assert (
        len(events(Action.EMAIL_CHANGE_WITHDRAWN))
        == len(events(Action.EMAIL_CHANGE_REQUESTED))
        == 1
    )
