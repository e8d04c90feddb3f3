"""The same request sent twice changes nothing twice: `Idempotency-Key` of the JSON API.

The key and the effect commit in one transaction, so an answer that was lost on its way can be
asked for again, and a refusal leaves the key free.
"""

import hashlib
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import wraps
from typing import Any, TypeVar

import sqlalchemy as sa
from flask import Response, g, request

from portal.core import clock
from portal.core.database import db, insert_into
from portal.core.errors import Conflict, DomainError
from portal.core.sealed_rows import Samples, one_of_each_key, purposes
from portal.core.sealing import CannotUnseal, current_key_id, resealed, seal, unseal
from portal.web.access import acting
from portal.web.models import IdempotencyKey

KEY_HEADER = "Idempotency-Key"
LONGEST_KEY = 200
REPLAYED = "Idempotent-Replayed"
SEALED = b"\0sealed\0"
PURPOSE = "idempotency_keys.answer:"
LOOKED_AT = 200

View = TypeVar("View", bound=Callable[..., Any])


class KeyUse(StrEnum):
    """What a view makes of the header."""

    OPTIONAL = "optional"
    REQUIRED = "required"


class BadKey(DomainError):
    """The header is not one that can be remembered."""

    status = 400
    code = "bad_request"
    title = "The idempotency key is not valid"


def idempotent(view: View) -> View:
    """Answer a repeated request from memory. The view ends with `commit_answer`."""

    @wraps(view)
    def once(*args: Any, **kwargs: Any) -> Any:
        key = idempotency_key()
        if key is None:
            return view(*args, **kwargs)
        row, is_new = claim(key, body_sha256())
        if not is_new:
            return _again(row)
        g.idempotency_claim = row.id
        return view(*args, **kwargs)

    once.key_use = KeyUse.OPTIONAL  # type: ignore[attr-defined]
    return once  # type: ignore[return-value]


def demands_key(view: View) -> View:
    """The view remembers its requests in a ledger of its own, by `required_key`."""
    view.key_use = KeyUse.REQUIRED  # type: ignore[attr-defined]
    return view


def required_key() -> str:
    """The key that the caller chose.

    Raises:
        BadKey: there is none, or as `idempotency_key`.
    """
    key = idempotency_key()
    if key is None:
        raise BadKey("Send an Idempotency-Key header, and the same one when you try again.")
    return key


def idempotency_key() -> str | None:
    """The key that the caller chose, or None.

    Raises:
        BadKey: see the class.
    """
    key = request.headers.get(KEY_HEADER)
    if key is None:
        return None
    if not 1 <= len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise BadKey(f"Use 1 to {LONGEST_KEY} printable ASCII characters.")
    return key


def body_sha256() -> bytes:
    """What tells two requests under one key apart."""
    place = f"{request.method} {request.full_path}\n"
    return hashlib.sha256(place.encode() + request.get_data()).digest()


def commit_answer(response: Response, *, is_secret: bool = False) -> Response:
    """Commit the deed together with its answer, if the request named a key.

    A secret answer is kept sealed.
    """
    claim_id = g.pop("idempotency_claim", None)
    if claim_id is not None:
        kept = response.get_data()
        if is_secret:
            kept = SEALED + seal(kept, purpose=_purpose(claim_id))
        db.session.execute(
            sa.update(IdempotencyKey)
            .where(IdempotencyKey.id == claim_id)
            .values(status=response.status_code, answer=kept)
        )
    db.session.commit()
    return response


def claim(key: str, sha256: bytes) -> tuple[IdempotencyKey, bool]:
    """The row of this key, and whether it is ours. A twin that runs at once is waited for.

    `sha256` is what the request says, which the row keeps of the first one.
    """
    actor = acting()
    place = {
        "caller": f"{actor.type}:{actor.id}",
        "route": str(request.url_rule),
        "key": key,
    }
    values = {**place, "body_sha256": sha256, "created_at": clock.now()}
    added = insert_into(IdempotencyKey).values(**values).on_conflict_do_nothing()
    fresh = db.session.scalar(added.returning(IdempotencyKey.id)) is not None
    row = db.session.scalars(sa.select(IdempotencyKey).filter_by(**place)).one()
    return row, fresh


def _purpose(claim_id: int) -> str:
    return f"{PURPOSE}{claim_id}"


def _again(row: IdempotencyKey) -> Response:
    if row.body_sha256 != body_sha256():
        raise Conflict("This idempotency key was used for another request. Choose a new one.")
    kept = row.answer or b""
    if kept.startswith(SEALED):
        kept = _opened(kept.removeprefix(SEALED), row.id)
    response = Response(kept, row.status, content_type="application/json")
    response.headers[REPLAYED] = "true"
    return response


def _opened(sealed: bytes, claim_id: int) -> bytes:
    try:
        return unseal(sealed, purpose=_purpose(claim_id))
    except CannotUnseal as error:
        raise Conflict(
            "This request was carried out before, and its answer cannot be given again. "
            "Look at what it did before you send it under a new idempotency key."
        ) from error


def sealed_answers(names: Sequence[str]) -> list[Samples]:
    """Samples of the newest answers that are kept sealed, one for each data key."""
    columns = purposes(PURPOSE, IdempotencyKey.id).label("purpose"), IdempotencyKey.answer
    newest = sa.select(*columns).order_by(IdempotencyKey.created_at.desc()).limit(LOOKED_AT)
    found = newest.subquery()
    kept = found.c.answer
    without = sa.func.substr(kept, len(SEALED) + 1, type_=sa.LargeBinary)
    return one_of_each_key(sa.select(found.c.purpose, without).where(_is_sealed(kept)), names)


def _is_sealed(answer: sa.SQLColumnExpression[Any]) -> sa.ColumnElement[bool]:
    """Of one that was given up the mark alone is left."""
    return sa.and_(sa.func.substr(answer, 1, len(SEALED)) == SEALED, answer != SEALED)


def reseal_answers(
    *, after: int = 0, limit: int = 500, giving_up: bool = False
) -> tuple[int, int, int]:
    """Seal secret answers past `after` under the present data key. For `keys rotate-data`.

    How many were, how many failed, and where the next batch goes on: 0 when none is left. Of one
    that failed and is given up the claim stays, so that its request is not carried out again.
    """
    current = SEALED + current_key_id().encode() + b"\0"
    is_old = sa.func.substr(IdempotencyKey.answer, 1, len(current)) != current
    old = sa.select(IdempotencyKey).where(
        IdempotencyKey.id > after, _is_sealed(IdempotencyKey.answer), is_old
    )
    rows = db.session.scalars(old.order_by(IdempotencyKey.id).limit(limit).with_for_update()).all()
    failed = 0
    for row in rows:
        sealed = (row.answer or b"").removeprefix(SEALED)
        try:
            row.answer = SEALED + resealed(sealed, purpose=_purpose(row.id))
        except CannotUnseal:
            failed += 1
            row.answer = SEALED if giving_up else row.answer
    db.session.flush()
    return len(rows) - failed, failed, rows[-1].id if rows else 0
