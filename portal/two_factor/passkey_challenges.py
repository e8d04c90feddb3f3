"""What a browser is asked to sign: 32 random bytes, for five minutes, once.

They stay on the server. One waits for each holder and purpose, and it is gone before what was
signed is looked at: no second try, right or wrong, meets it again.
"""

import secrets
from datetime import timedelta
from enum import StrEnum

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import changed_rows, db, insert_into
from portal.core.tokens import token_sha256
from portal.two_factor.models import PasskeyChallenge

BYTES = 32  # NIST 800-63B asks for 64 bit
LIFETIME = timedelta(minutes=5)


class Purpose(StrEnum):
    """What a signature is asked for; one that was made for another purpose proves nothing."""

    REGISTER = "register"
    PROVE = "prove"
    SIGN_IN = "sign_in"


def new_challenge(purpose: Purpose, holder: str) -> bytes:
    """A challenge for a session (its id) or a visitor (their name), in place of an older one."""
    challenge = secrets.token_bytes(BYTES)
    values = {"challenge": challenge, "expires_at": clock.now() + LIFETIME}
    new = insert_into(PasskeyChallenge).values(holder_sha256=_key(purpose, holder), **values)
    index = [PasskeyChallenge.holder_sha256]
    db.session.execute(new.on_conflict_do_update(index_elements=index, set_=values))
    return challenge


def waiting_challenge(purpose: Purpose, holder: str) -> bytes | None:
    """The one that `take_challenge` would take, and leave there: it proves nothing yet."""
    found = db.session.execute(
        sa.select(PasskeyChallenge.challenge).where(
            PasskeyChallenge.holder_sha256 == _key(purpose, holder),
            PasskeyChallenge.expires_at > clock.now(),
        )
    ).scalar_one_or_none()
    return None if found is None else bytes(found)


def take_challenge(purpose: Purpose, holder: str) -> bytes | None:
    """The waiting challenge, which is nobody's from now on; of two takers one gets it."""
    taken = db.session.execute(
        sa.delete(PasskeyChallenge)
        .where(PasskeyChallenge.holder_sha256 == _key(purpose, holder))
        .returning(PasskeyChallenge.challenge, PasskeyChallenge.expires_at)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if taken is None or taken.expires_at <= clock.now():
        return None
    return bytes(taken.challenge)


def forget_expired_challenges() -> int:
    """Remove the ones that nobody answered in time. How many there were."""
    return changed_rows(
        sa.delete(PasskeyChallenge).where(PasskeyChallenge.expires_at <= clock.now())
    )


def _key(purpose: Purpose, holder: str) -> bytes:
    return token_sha256(f"{purpose}|{holder}")
