"""What goodwill keeps of somebody who is erased, and hands out before."""

import pytest

from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.customers.privacy import erase_user, export_user
from tests.cast import actor, make_user
from tests.support.desk import make_ticket
from tests.support.goodwill import asked, coupon, given, on_plan


@pytest.fixture
def uma(acme, catalog):
    on_plan(acme, "basic")
    return make_user(acme)


@pytest.fixture
def ticket(uma):
    return make_ticket(uma)


def test_a_user_is_handed_what_they_were_given(ticket, uma, bea, mo):
    row = given(ticket, bea, coupon(), reason="Uma was angry")
    asked(ticket, bea, coupon(40))
    (found,) = export_user(by=actor(mo), user=uma)["goodwill"]
    assert found == {"at": found["at"], "what": "a coupon of 20 %", "told": row.sentence}
    assert "angry" not in str(found)


def test_of_an_erased_user_no_words_of_ours_are_kept(ticket, uma, bea):
    row = given(ticket, bea, coupon(), reason="Uma was angry")
    erase_user(by=SYSTEM, user=uma, reason="asked")
    db.session.refresh(row)
    assert (row.reason, row.summary) == ("", "a coupon of 20 %")
