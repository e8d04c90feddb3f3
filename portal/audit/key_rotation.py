"""Changing the key that signs: announced in the log itself before it signs anything.

1. The new seed goes into the key file, before the old one. 2. An event carries its public half
into the tree. 3. The next checkpoint is signed by both. 4. Later ones by the new key alone.
Ended anywhere between, it goes on from there: each step is known by what the one before left.
"""

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.keys import add_seed, fingerprint, signers
from portal.audit.ledger import Target, record
from portal.audit.models import AuditEvent, Leaf, LogOrigin, SignedTree
from portal.audit.notes import Note, SignerKey, VerifierKey
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.errors import Conflict

TARGET = "audit_key"


class NoKeyYet(Conflict):
    """There is no key to change."""

    title = "There is no key yet"


def keys_to_sign(origin: LogOrigin, last: SignedTree | None) -> list[SignerKey]:
    """Which keys the next checkpoint needs, the newest first; none without a key file.

    `last` is the newest checkpoint under this name.

    Raises:
        UnusableKeyFile: the key file is there and may not be used.
    """
    held = signers(origin.origin)
    while len(held) > 1 and not _is_in_the_tree(held[0].verifier):
        held.pop(0)
    if not held or last is None:
        return held[:1]
    signed = {signature.key_id for signature in Note.parse(last.note).signatures}
    if held[0].verifier.id in signed:
        return held[:1]
    return [held[0], *(key for key in held[1:] if key.verifier.id in signed)]


def rotate_key(*, by: Actor, origin: LogOrigin | None) -> VerifierKey:
    """A new key in the file, and the event that announces it.

    Raises:
        NoKeyYet: `audit init` comes first.
        UnusableKeyFile: see `keys.seeds`.
    """
    held = signers(origin.origin) if origin else []
    if origin is None or not held:
        raise NoKeyYet("There is no key to change: make the first one by `flask audit init`.")
    if len(held) == 1 or _is_announced(held[0].verifier):
        add_seed()
        held = signers(origin.origin)
    key = held[0].verifier
    announce(Action.AUDIT_KEY_ROTATED, by=by, key=key)
    return key


def announce(action: Action, *, by: Actor, key: VerifierKey) -> None:
    """The event that carries the public half."""
    target = Target(TARGET, fingerprint(key), str(key))
    record(action, by=by, target=target, meta={"public": key.public.hex()})


def _is_announced(key: VerifierKey) -> bool:
    return bool(db.session.scalar(sa.select(_announcement(key).exists())))


def _is_in_the_tree(key: VerifierKey) -> bool:
    in_tree = _announcement(key).where(Leaf.event_id == AuditEvent.id)
    return bool(db.session.scalar(sa.select(in_tree.exists())))


def _announcement(key: VerifierKey) -> sa.Select[str]:
    return sa.select(AuditEvent.id).where(
        AuditEvent.target_type == TARGET,
        AuditEvent.target_id == fingerprint(key),
        AuditEvent.action.in_([Action.AUDIT_KEY_ROTATED.value, Action.AUDIT_KEY_CREATED.value]),
    )
