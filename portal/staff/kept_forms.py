"""A form that was sent after its session had ended: what was typed is handed back, not thrown away.

It stands in the page that the browser shows, signed and for one person, and nowhere else: the
server keeps nothing of it, and sending it on is a click of that person once they are signed in.
"""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from flask import request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.exceptions import RequestEntityTooLarge

from portal.config import settings
from portal.core.database import db, looking
from portal.core.tokens import token_sha256
from portal.staff.current import cookie_name
from portal.staff.models import AdminSession
from portal.staff.sudo_prompt import UNREPEATED
from portal.web.access import SessionState
from portal.web.csrf import ForgedRequest, check_csrf

LIFETIME = timedelta(hours=12)
"""Somebody may find the page in the morning."""


@dataclass(frozen=True, slots=True)
class KeptForm:
    """Where it was sent to, by whom, and what was in it; neither files nor proofs."""

    admin_id: int
    url: str
    fields: list[tuple[str, str]]


def keep_form() -> str | None:
    """The running request's form, sealed against change; None when there is nothing to hand back.

    Only for a form of our own page whose session is over, which its token proves: a stranger's
    cannot be kept, and what carries a password or a code is better typed again.
    """
    owner = _owner()
    if owner is None:
        return None
    try:
        check_csrf()
        fields = [item for item in request.form.items(multi=True) if item[0] != "csrf_token"]
    except (ForgedRequest, RequestEntityTooLarge):
        return None
    if not any(value for _, value in fields) or UNREPEATED & {name for name, _ in fields}:
        return None
    found: str = _signer().dumps([owner, request.full_path.rstrip("?"), fields])
    return found


def kept_form(text: str) -> KeptForm | None:
    """What `keep_form` sealed; None when it is changed, too old or none."""
    try:
        owner, url, fields = _signer().loads(text, max_age=int(LIFETIME.total_seconds()))
    except BadSignature:
        return None
    return KeptForm(owner, url, [(name, value) for name, value in fields])


def _owner() -> int | None:
    """Whose session the cookie named, while it lived."""
    token = request.cookies.get(cookie_name())
    if not token:
        return None
    query = sa.select(AdminSession.admin_id).where(
        AdminSession.token_sha256 == token_sha256(token),
        AdminSession.state != SessionState.PREAUTH,
    )
    with looking():
        return db.session.scalar(query)


def _signer() -> URLSafeTimedSerializer:
    keys = [*reversed(settings().secret_key_fallbacks), settings().secret_key]  # the last signs
    return URLSafeTimedSerializer(keys, salt="portal.kept_form")
