"""Ten codes for the day without the phone: each works once, for its person, for a year."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.database import db
from portal.mail.models import EmailLog
from portal.two_factor.backup_codes import (
    ALPHABET,
    CHARACTERS,
    CodesReplaced,
    code_set,
    generate_codes,
    look_for_code,
    new_code,
    normalised,
    revoke_codes,
)
from portal.two_factor.models import BackupCode
from portal.web.access import SessionState
from tests.cast import actor, signed_in
from tests.two_factor.conftest import NOON, code

PLAIN = st.text(ALPHABET, min_size=CHARACTERS, max_size=CHARACTERS)


@pytest.fixture
def codes(bea_enrolled):
    made = generate_codes(by=actor(bea_enrolled), admin=bea_enrolled)
    db.session.flush()
    return made


def use(admin, typed):
    return look_for_code(admin_id=admin.id, code=typed, session_id="s")()


def test_a_code_has_80_bits_in_four_groups():
    assert re.fullmatch(rf"[{ALPHABET}]{{4}}(-[{ALPHABET}]{{4}}){{3}}", new_code())


@given(PLAIN)
def test_case_spaces_dashes_and_lookalikes_mean_the_same(plain):
    shown = "-".join(plain[i : i + 4] for i in range(0, CHARACTERS, 4))
    lookalike = plain.replace("0", "o").replace("1", "l")
    for typed in (shown, shown.lower(), f" {shown.replace('-', ' ')} ", lookalike, plain):
        assert normalised(typed) == plain


@given(st.text(max_size=80))
def test_whatever_is_typed_becomes_a_code_or_nothing(typed):
    plain = normalised(typed)
    assert plain == "" or (len(plain) == CHARACTERS and set(plain) <= set(ALPHABET))
    assert normalised(plain) == plain


@given(PLAIN, PLAIN)
def test_two_codes_never_become_one(one, other):
    assert (normalised(one) == normalised(other)) == (one == other)


def test_a_used_code_is_refused(bea_enrolled, codes):
    first = use(bea_enrolled, codes[0])
    assert (first.accepted, first.remaining) == (True, 9)
    assert not use(bea_enrolled, codes[0]).accepted
    assert use(bea_enrolled, codes[1].lower().replace("-", " ")).remaining == 8


def test_a_use_is_told_by_mail_and_event_without_the_code(bea_enrolled, codes):
    use(bea_enrolled, codes[0])
    assert "backup_code_used" in db.session.scalars(sa.select(EmailLog.template)).all()
    written = b"".join(db.session.scalars(sa.select(AuditEvent.canonical)))
    assert b"backup_code.used" in written
    for shown in codes:
        assert shown.encode() not in written
        assert normalised(shown).encode() not in written


def test_another_persons_code_is_refused(bea_enrolled, codes, cy):
    assert not use(cy, codes[0]).accepted
    assert use(bea_enrolled, codes[0]).accepted


def test_a_code_dies_after_a_year(bea_enrolled, codes, moment):
    moment.move_to(NOON + timedelta(days=364, hours=23))
    assert code_set(bea_enrolled.id).runs_low
    assert use(bea_enrolled, codes[0]).accepted
    moment.move_to(NOON + timedelta(days=365))
    assert not use(bea_enrolled, codes[1]).accepted


def test_new_codes_kill_the_old_ones(bea_enrolled, codes):
    new = generate_codes(by=actor(bea_enrolled), admin=bea_enrolled)
    assert not use(bea_enrolled, codes[0]).accepted
    assert use(bea_enrolled, new[0]).accepted


def test_revoked_codes_are_refused(bea_enrolled, codes):
    revoke_codes(bea_enrolled.id)
    assert not use(bea_enrolled, codes[0]).accepted


def test_a_set_that_was_replaced_meanwhile_is_not_replaced_again(bea_enrolled, codes):
    shown = code_set(bea_enrolled.id).batch_id
    generate_codes(by=actor(bea_enrolled), admin=bea_enrolled, instead_of=shown)
    with pytest.raises(CodesReplaced):
        generate_codes(by=actor(bea_enrolled), admin=bea_enrolled, instead_of=shown)


def test_few_codes_run_low(bea_enrolled, codes):
    assert not code_set(bea_enrolled.id).runs_low
    for shown in codes[:7]:
        use(bea_enrolled, shown)
    found = code_set(bea_enrolled.id)
    assert (found.remaining, found.total, found.runs_low) == (3, 10, True)


def test_codes_are_stored_as_salted_slow_hashes(bea_enrolled, codes):
    stored = db.session.scalars(sa.select(BackupCode.code_hash)).all()
    assert len(set(stored)) == len(stored) == 10
    assert all(one.startswith("$argon2id$") for one in stored)


def test_who_used_the_last_one_is_led_to_new_ones_at_every_sign_in(app, moment, bea_enrolled):
    generate_codes(by=actor(bea_enrolled), admin=bea_enrolled)
    db.session.query(BackupCode).update({"used_at": clock.now()})
    url = "/sign-in/second-factor?next=/customers"
    browser = signed_in(app, bea_enrolled, state=SessionState.PREAUTH)
    assert browser.submit(url, totp_code=code()).location == "/account/security"
    assert "no backup code left" in browser.get("/account/security").text
    generate_codes(by=actor(bea_enrolled), admin=bea_enrolled)
    moment.shift(timedelta(seconds=30))
    later = signed_in(app, bea_enrolled, state=SessionState.PREAUTH)
    assert later.submit(url, totp_code=code()).location == "/customers"


def test_who_signs_in_with_the_last_one_is_led_to_new_ones(app, bea_enrolled, codes):
    for shown in codes[1:]:
        use(bea_enrolled, shown)
    browser = signed_in(app, bea_enrolled, state=SessionState.PREAUTH)
    answer = browser.submit("/sign-in/backup-code?next=/customers", backup_code=codes[0])
    assert answer.location == "/account/security"
    page = browser.get("/account/security").text
    assert "Make ten new ones now." in page
    assert "You have no backup code left." in page


def test_who_has_more_of_them_goes_where_they_wanted(app, bea_enrolled, codes):
    browser = signed_in(app, bea_enrolled, state=SessionState.PREAUTH)
    answer = browser.submit("/sign-in/backup-code?next=/customers", backup_code=codes[0])
    assert answer.location == "/customers"
