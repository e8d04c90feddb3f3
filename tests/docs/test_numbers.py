"""The limits that the docs tell are those of the product."""

import re

import pytest

from portal.audit import posting as webhooks
from portal.audit import reading, searching, spreadsheet
from portal.audit.alerting import watching
from portal.audit.streaming import batches, delivering, signing, streams, syslog
from portal.config import ROOT
from portal.coupons import generating, given, limits
from portal.staff import current, door, known_browsers, links, passwords, policies, sessions, sudo
from portal.staff import throttles as tries
from portal.support import goodwill_terms, merging, outgoing
from portal.two_factor import (
    backup_codes,
    failures,
    own_trail,
    passkey_challenges,
    passkeys,
    recovery_approvals,
    recovery_codes,
    recovery_requests,
    rotation,
    totp,
)
from tests.docs.reading import text_of

SMALL = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
WORDS = {**dict(enumerate(SMALL)), 20: "twenty", 100: "hundred", 1000: "thousand"}


def days(span):
    return span.days


def hours(span):
    return int(span.total_seconds() // 3600)


def minutes(span):
    return int(span.total_seconds() // 60)


ONE_PERSON, ONE_PLACE = tries.CODE_BY_ACCOUNT[0], tries.CODE_BY_ADDRESS[0]
EVERYBODY = tries.PASSWORD_BY_ANYBODY[0]
SAID = [
    ("sign-in.md", "six digits that change every # seconds", totp.SECONDS),
    ("sign-in.md", "one of #, made with the first factor", backup_codes.CODES),
    ("sign-in.md", "adds up to #", passkeys.MOST),
    ("sign-in.md", "shows the last # events", own_trail.RECENT),
    ("sign-in.md", "after a # wrong proofs in a row", failures.MOST_CONSECUTIVE),
    ("sign-in.md", "A challenge is # random bytes", passkey_challenges.BYTES),
    ("sign-in.md", "the server keeps for # minutes", minutes(passkey_challenges.LIFETIME)),
    ("sign-in.md", "# in five minutes for one person", ONE_PERSON[0]),
    ("sign-in.md", "five in # minutes for one person", minutes(ONE_PERSON[1])),
    ("sign-in.md", "# from one address, a hundred in a row", ONE_PLACE[0]),
    ("sign-in-rules.md", "after a # in five minutes, strangers wait", EVERYBODY[0]),
    ("sign-in-rules.md", "signed in within # days", days(known_browsers.KNOWN_FOR)),
    ("sign-in-rules.md", "at one stranger at a time while # more wait", door.STRANGERS - 1),
    ("sign-in-rules.md", "come again in # seconds", door.CROWDED),
    ("sign-in-rules.md", "# passwords at a time are hashed", passwords.AT_ONCE),
    ("sign-in-rules.md", "# at once are the most", sessions.MOST_LIVE),
    ("sign-in-rules.md", "after # minutes without a request", minutes(current.IDLE)),
    ("sign-in-rules.md", "(admins: #)", minutes(current.IDLE_ADMIN)),
    ("sign-in-rules.md", "in batches of #", rotation.BATCH),
    ("recovery.md", "(at least # characters", recovery_approvals.SHORTEST_STATEMENT),
    ("recovery.md", "where there are # admins or more", recovery_approvals.MANY_ADMINS),
    ("recovery.md", "runs: # hours, or what", policies.USUAL_WAIT),
    ("recovery.md", "for the role, from 0 to #", policies.LONGEST_WAIT),
    ("recovery.md", "It works once, within # hours", hours(recovery_codes.LIFETIME)),
    ("recovery.md", "another can be had for # days", days(recovery_requests.OPEN_FOR)),
    ("recovery.md", "nobody approved it for # days", days(recovery_requests.ASKED_FOR)),
    (
        "admins.md",
        "a link that works for # hours",
        hours(links.LIFETIMES[links.LinkPurpose.INVITE]),
    ),
    ("admins.md", "once in # minutes", minutes(sudo.WINDOW)),
    ("coupons.md", "alone up to # % off", limits.MOST_BASIS_POINTS // 100),
    ("coupons.md", "% off, # uses and an end", limits.MOST_USES),
    ("coupons.md", "an end within # days of the start", days(limits.LONGEST)),
    ("coupons.md", "uses of a person's like coupons of the last # days", days(given.LATELY)),
    ("coupons.md", "makes up to # codes", generating.MOST_CODES),
    ("audit.md", "from # letters by their beginning", searching.SHORTEST_PREFIX),
    ("audit.md", "(once in # minutes)", minutes(reading.READING_IS_ONE)),
    ("audit.md", "of at most # events", spreadsheet.MOST_ROWS),
    ("audit-streams.md", "There are at most #", streams.MOST_STREAMS),
    ("audit-streams.md", "the receiver answers 2xx within # seconds", webhooks.SECONDS),
    ("audit-streams.md", "A POST holds up to # items", batches.MOST_EVENTS),
    ("audit-streams.md", "int(sent_at)) > #:", signing.ALLOWED_SKEW),
    ("audit-streams.md", "for # hours both sign", hours(streams.OLD_SECRET_HOLDS)),
    ("audit-streams.md", "Facility #,", syslog.FACILITY),
    ("audit-streams.md", "After **# days** without success", days(delivering.GIVEN_UP_AFTER)),
    ("audit-streams.md", "more than # hours before raise nothing", hours(watching.TOO_OLD)),
    ("agents.md", "by mail, # seconds after", int(outgoing.UNDO_HOLD.total_seconds())),
    ("agents.md", "once in # minutes by *Edit*", minutes(reading.READING_IS_ONE)),
    ("agents.md", "can be taken back for # days", days(merging.UNDO_WINDOW)),
    ("agents.md", "gives a coupon of up to # %", goodwill_terms.ALONE_PERCENT),
    ("agents.md", "a feature for up to # days", goodwill_terms.ALONE_DAYS),
    ("agents.md", "or up to # more days of a trial", goodwill_terms.ALONE_DAYS),
]


@pytest.mark.parametrize(("file", "sentence", "number"), SAID)
def test_a_limit_is_the_one_that_the_docs_tell(file, sentence, number):
    text = " ".join(text_of(ROOT / "docs" / file).split())
    told = {f"{number:,}", str(number), WORDS.get(number, "?"), WORDS.get(number, "?").capitalize()}
    found = (re.escape(sentence.replace("#", each)) for each in told)
    assert any(re.search(rf"{words}(?!,?\d)", text) for words in found)
