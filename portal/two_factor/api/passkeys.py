"""A person's own passkeys over JSON: listed, made, named, removed."""

from typing import Any

from flask import Response, jsonify
from flask_wtf.csrf import generate_csrf

from portal.audit.actions import Action
from portal.core.database import db
from portal.core.permissions import Permission
from portal.staff.cookies import bind_form_token, set_session_cookie
from portal.staff.current import current_staff
from portal.staff.sessions import session_of
from portal.two_factor.api.blueprint import api
from portal.two_factor.models import Passkey
from portal.two_factor.passkeys import passkeys_of, register, registration_options, remove, rename
from portal.two_factor.schemas import (
    CeremonyOptions,
    LabelBody,
    NewPasskeyBody,
    PasskeyGone,
    PasskeyMade,
    PasskeyPath,
    PasskeyShape,
    PasskeysShape,
)
from portal.web.access import SessionState, audits, in_state, requires, sudo, unaudited
from portal.web.problems import problem
from portal.web.times import machine, machine_or_none

SIGNED_IN = (SessionState.ACTIVE, SessionState.MUST_ENROL)


@api.get("/passkeys", responses={200: PasskeysShape})
@requires(Permission.ACCOUNT_OWN)
def list_passkeys() -> Response:
    """The person's passkeys, the oldest first."""
    return jsonify(items=[shown(key) for key in passkeys_of(current_staff().id)])


@api.post("/passkeys/register/options", responses={200: CeremonyOptions})
@in_state(*SIGNED_IN)
@unaudited("a challenge proves nothing yet")
def register_options() -> Response:
    """What `navigator.credentials.create` takes; its challenge waits five minutes."""
    options = registration_options(staff=current_staff())
    db.session.commit()
    return jsonify(options)


@api.post("/passkeys/register/verify", responses={201: PasskeyMade})
@in_state(*SIGNED_IN)
@audits(Action.PASSKEY_REGISTERED, Action.PASSKEY_REFUSED)
def register_verify(body: NewPasskeyBody) -> Response:
    """Keep the new passkey. With the first factor come ten backup codes, shown this once."""
    done = register(staff=current_staff(), answer=body.text(), label=body.label)
    db.session.commit()
    if done.passkey is None:
        return problem(401, "invalid_code", "That passkey was not accepted", "Ask for new options.")
    codes = {"backup_codes": list(done.codes)} if done.codes else {}
    answer = carrying(done.token, passkey=shown(done.passkey), **codes)
    answer.status_code = 201
    return answer


@api.patch("/passkeys/<int:passkey_id>", responses={200: PasskeyShape})
@requires(Permission.ACCOUNT_OWN)
@audits(Action.PASSKEY_RENAMED)
def name_passkey(path: PasskeyPath, body: LabelBody) -> Response:
    """Call it differently."""
    found = rename(staff=current_staff(), passkey_id=path.passkey_id, label=body.label)
    db.session.commit()
    return jsonify(shown(found))


@api.delete("/passkeys/<int:passkey_id>", responses={200: PasskeyGone})
@requires(Permission.ACCOUNT_OWN)
@sudo
@audits(Action.PASSKEY_REMOVED)
def delete_passkey(path: PasskeyPath) -> Response:
    """Remove it. After the last factor, a role that requires one must enrol anew."""
    token = remove(staff=current_staff(), passkey_id=path.passkey_id)
    person = session_of(current_staff())
    db.session.commit()
    return carrying(token, next="enrol" if person.state == SessionState.MUST_ENROL else "done")


def shown(key: Passkey) -> dict[str, object]:
    return {
        "id": key.id,
        "label": key.label,
        "is_discoverable": key.is_discoverable,
        "is_backed_up": key.is_backed_up,
        "transports": key.transports,
        "created_at": machine(key.created_at),
        "last_used_at": machine_or_none(key.last_used_at),
        "disabled_at": machine_or_none(key.disabled_at),
    }


def carrying(token: str, **body: Any) -> Response:
    """The answer, the renewed session's cookie, and the form token that goes with it."""
    bind_form_token(session_of(current_staff()).csrf_secret)
    answer = jsonify(**body, csrf_token=generate_csrf())
    set_session_cookie(answer, token)
    return answer
