"""The JSON routes of the authenticator and backup codes, described in `/api/openapi.json`."""

from typing import Any

from flask import Response, jsonify
from flask_wtf.csrf import generate_csrf

from portal.audit.actions import Action
from portal.core.database import db
from portal.core.permissions import Permission
from portal.staff.cookies import bind_form_token, set_session_cookie
from portal.staff.current import current_staff
from portal.staff.models import Admin
from portal.staff.sessions import session_of
from portal.staff.steps import Step, take_second_step
from portal.staff.sudo import has_second_factor_sudo, prove_again
from portal.two_factor.api.blueprint import api
from portal.two_factor.authenticators import has_authenticator
from portal.two_factor.backup_codes import CodeSet, code_set, generate_codes, make_codes
from portal.two_factor.enrolments import confirm_enrolment, start_enrolment
from portal.two_factor.overview import Standing, standing_of
from portal.two_factor.passkeys import passkeys_of
from portal.two_factor.schemas import (
    BackupBody,
    CodesLeft,
    CodeUsed,
    EnableBody,
    FactorStatus,
    NewCodes,
    OptionalTotpBody,
    PendingKey,
    SwitchedOff,
    TotpBody,
    Verified,
)
from portal.two_factor.switching_off import NotEnabled, switch_off
from portal.web.access import SessionState, audits, in_state, requires
from portal.web.problems import problem, refused_code
from portal.web.times import machine_or_none

SIGNED_IN = (SessionState.ACTIVE, SessionState.MUST_ENROL)
ANY_STEP = (*SIGNED_IN, SessionState.PREAUTH)


@api.get("/2fa/status", responses={200: FactorStatus})
@in_state(*ANY_STEP)
def status() -> Response:
    """Whether a second factor is on, required, and by when. Never a secret."""
    staff = current_staff()
    found = standing_of(staff.id)
    if staff.state is SessionState.PREAUTH:
        return jsonify(enabled=found.is_on, required=found.is_required)
    return jsonify(
        enabled=found.is_on,
        required=found.is_required,
        grace_until=machine_or_none(found.grace_until),
        methods=_methods(staff.id, found),
        backup_codes=_metadata(code_set(staff.id)),
    )


def _methods(admin_id: int, found: Standing) -> list[dict[str, object]]:
    authenticator: dict[str, object] = {
        "type": "totp",
        "label": "Authenticator app",
        "created_at": machine_or_none(found.enabled_at),
        "last_used_at": machine_or_none(found.last_used_at),
    }
    passkeys: list[dict[str, object]] = [
        {
            "type": "passkey",
            "label": key.label,
            "created_at": machine_or_none(key.created_at),
            "last_used_at": machine_or_none(key.last_used_at),
        }
        for key in passkeys_of(admin_id)
    ]
    return [authenticator, *passkeys] if found.has_authenticator else [*passkeys]


@api.post("/2fa/enable", responses={200: PendingKey})
@in_state(*SIGNED_IN)
@audits(Action.TOTP_ENROLMENT_STARTED)
def enable(body: EnableBody) -> Response:
    """Begin enrolment: a key that waits ten minutes for its first code."""
    del body  # its one value is checked by its type
    pending = start_enrolment(staff=current_staff(), anew=True)
    db.session.commit()
    return jsonify(
        secret=pending.secret,
        otpauth_uri=pending.uri,
        qr=pending.qr,
        expires_at=machine_or_none(pending.expires_at),
    )


@api.post("/2fa/verify", responses={200: Verified})
@in_state(*ANY_STEP)
@audits(Action.TOTP_ENABLED, Action.SESSION_OPENED)
def verify(body: TotpBody) -> Response:
    """The first code turns the factor on; while signing in, a code is the second step."""
    staff = current_staff()
    if staff.state is SessionState.PREAUTH:
        step = take_second_step(staff=staff, method="totp", code=body.totp_code)
        db.session.commit()
        step.check_place()
        return _signed_in(step)
    done = confirm_enrolment(staff=staff, code=body.totp_code)
    db.session.commit()
    if not done.accepted:
        return refused_code(done.retry_after)
    return _with_cookie(done.token, enabled=True, backup_codes=list(done.codes))


@api.post("/2fa/disable", responses={200: SwitchedOff})
@requires(Permission.ACCOUNT_OWN)
@audits(Action.TOTP_DISABLED, Action.SESSION_SUDO_REFUSED)
def disable(body: OptionalTotpBody) -> Response:
    """Turn the factor off. The code is the proof; without one it must be minutes old."""
    staff = current_staff()
    if not has_authenticator(staff.id):
        raise NotEnabled("Set one up first.")
    if body.totp_code is None and not has_second_factor_sudo(staff):
        return _sudo_required()
    if body.totp_code is not None:
        step = prove_again(staff=staff, method="totp", code=body.totp_code)
        if not step.accepted:
            db.session.commit()
            return refused_code(step.retry_after)
    token = switch_off(staff=staff)
    db.session.commit()
    return _with_cookie(token, enabled=False)


@api.post("/2fa/verify-backup", responses={200: CodeUsed})
@in_state(SessionState.PREAUTH, SessionState.ACTIVE)
@audits(Action.BACKUP_CODE_USED)
def verify_backup(body: BackupBody) -> Response:
    """A backup code as the second step, or as proof for something dangerous."""
    staff = current_staff()
    if staff.state is SessionState.PREAUTH:
        step = take_second_step(staff=staff, method="backup", code=body.backup_code)
        db.session.commit()
        step.check_place()
        return _signed_in(step)
    step = prove_again(staff=staff, method="backup", code=body.backup_code)
    db.session.commit()
    if not step.accepted:
        return refused_code(step.retry_after)
    return _with_cookie(step.token, remaining=step.remaining)


@api.get("/2fa/backup-codes", responses={200: CodesLeft})
@requires(Permission.ACCOUNT_OWN)
def backup_codes() -> Response:
    """How many codes are left and until when; never the codes."""
    return jsonify(_metadata(code_set(current_staff().id)))


@api.post("/2fa/backup-codes", responses={200: NewCodes})
@requires(Permission.ACCOUNT_OWN)
@audits(Action.BACKUP_CODES_GENERATED)
def new_backup_codes() -> Response:
    """Ten new codes in place of the old ones, shown this once."""
    staff = current_staff()
    if not staff.is_second_factor_on:
        raise NotEnabled("Set up a second factor first.")
    if not has_second_factor_sudo(staff):
        return _sudo_required()
    made = make_codes()
    generate_codes(by=staff.actor, admin=db.session.get_one(Admin, staff.id), made=made)
    db.session.commit()
    return jsonify(codes=made.shown)


def _signed_in(step: Step) -> Response:
    if not step.accepted:
        return refused_code(step.retry_after)
    more = {} if step.remaining is None else {"remaining": step.remaining}
    if step.codes_left is not None:
        more["backup_codes_remaining"] = step.codes_left
    return _with_cookie(step.token, next="done", redirect="/", **more)


def _with_cookie(token: str | None, **body: Any) -> Response:
    """The answer, the new session's cookie, and the form token that goes with it."""
    if token is None:
        return jsonify(body)
    bind_form_token(session_of(current_staff()).csrf_secret)
    answer = jsonify(**body, csrf_token=generate_csrf())
    set_session_cookie(answer, token)
    return answer


def _sudo_required() -> Response:
    return problem(
        403, "sudo_required", "Prove it is you", "Prove your second factor at /api/admin/auth/sudo."
    )


def _metadata(codes: CodeSet) -> dict[str, object]:
    return {
        "total": codes.total,
        "remaining": codes.remaining,
        "generated_at": machine_or_none(codes.generated_at),
        "expires_at": machine_or_none(codes.expires_at),
    }
