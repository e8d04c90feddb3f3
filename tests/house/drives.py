"""How each state-changing view is driven once, by endpoint: steps of which the last one is it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from flask import Flask
from werkzeug.test import TestResponse

from portal.core import clock
from portal.core.database import db
from portal.jobs.models import Job, JobStatus
from portal.jobs.registry import kind_named
from portal.mail.models import EmailLog, MailStatus
from portal.staff.links import issue_link
from portal.staff.models import Admin, LinkPurpose
from portal.staff.passwords import hash_password
from portal.two_factor.backup_codes import generate_codes
from portal.web.access import SessionState
from tests.cast import PASSWORD, actor, make_admin, open_session, signed_in, sudo_until
from tests.client import Client
from tests.house import (
    drives_agents,
    drives_answers,
    drives_audit,
    drives_beside,
    drives_catalog,
    drives_coupon_tools,
    drives_coupons,
    drives_customers,
    drives_desk_api,
    drives_entitlement_pages,
    drives_files,
    drives_goodwill,
    drives_grants,
    drives_levels,
    drives_passkeys,
    drives_queue,
    drives_quotas,
    drives_recovery,
    drives_reports,
    drives_streams,
    drives_subscriptions,
    drives_threads,
    drives_ticket,
    drives_tokens,
)
from tests.two_factor.conftest import SECRET, code, give_authenticator

NEW_PASSWORD = "seven purple otters juggle quietly 88"
SUDO = {"sudo_method": "totp"}


@dataclass
class Stage:
    """Ann, who just proved herself; Bea, whom things are done to; and what must stay secret."""

    app: Flask
    ann: Admin
    bea: Admin
    secrets: set[str] = field(default_factory=lambda: {PASSWORD, NEW_PASSWORD, SECRET})

    def __post_init__(self) -> None:
        for person in (self.ann, self.bea):
            person.password_hash = hash_password(PASSWORD)
            give_authenticator(person)

    @cached_property
    def here(self) -> Client:
        """Ann's browser."""
        return signed_in(self.app, self.ann, sudo_until=sudo_until(), **SUDO)

    @cached_property
    def visitor(self) -> Client:
        return self.app.test_client()

    @cached_property
    def halfway(self) -> Client:
        """Bea's browser after the password."""
        return signed_in(self.app, self.bea, state=SessionState.PREAUTH)

    @cached_property
    def newcomer(self) -> Client:
        """The browser of somebody without a second factor."""
        return signed_in(self.app, make_admin("Cy Outsider"))

    @cached_property
    def invited(self) -> Admin:
        return make_admin("Fay Finance", joined_at=None, password_changed_at=None)

    def link(self, admin: Admin, purpose: LinkPurpose, email: str | None = None) -> str:
        token = issue_link(
            admin=admin, purpose=purpose, email=email or admin.email, by=actor(self.ann)
        )
        self.secrets.add(token)
        return token

    def backup_code(self) -> str:
        codes = generate_codes(by=actor(self.bea), admin=self.bea)
        self.secrets.update(codes)
        return codes[0]

    def secret_shown(self, client: Client) -> str:
        shown = client.soup("/account/two-factor/enrol").select_one("#totp-secret")["data-value"]
        self.secrets.add(str(shown))
        return str(shown)

    def job(self, status: JobStatus) -> int:
        now = clock.now()
        job = Job(kind="x", payload={}, status=status, run_at=now, created_at=now)
        db.session.add(job)
        db.session.flush()
        return job.id

    def lost_mail(self) -> int:
        """A mail of which nobody knows whether it arrived."""
        self.here.submit("/account/email", email="lost@boxcostpro.test")
        mail = db.session.query(EmailLog).order_by(EmailLog.id.desc()).first()
        mail.status = MailStatus.UNKNOWN
        db.session.flush()
        return mail.id

    def run_jobs(self, kind: str) -> None:
        for job in db.session.query(Job).filter_by(kind=kind).all():
            kind_named(kind).run(job.payload)


Drive = Callable[[Stage], TestResponse]


def _of_person(verb: str, **fields: str) -> Drive:
    return lambda s: s.here.submit(f"/staff/{s.bea.id}/{verb}", **fields)


def _of_invited(verb: str) -> Drive:
    return lambda s: s.here.submit(f"/staff/{s.invited.id}/{verb}")


def _approve_invited(s: Stage) -> TestResponse:
    s.invited.awaits_approval, s.invited.invited_by = True, s.bea.id
    return s.here.submit(f"/staff/{s.invited.id}/approve-invite")


def _of_mail(verb: str) -> Drive:
    return lambda s: s.here.submit(f"/operations/mail/{s.lost_mail()}/{verb}")


def _enable(s: Stage) -> TestResponse:
    s.bea.disabled_at = clock.now()
    return s.here.submit(f"/staff/{s.bea.id}/enable")


def _confirm_enrol(s: Stage) -> TestResponse:
    shown = s.secret_shown(s.newcomer)
    return s.newcomer.submit("/account/two-factor/enrol", totp_code=code(secret=shown))


def _ask_for_reset(s: Stage) -> TestResponse:
    answer = s.visitor.submit("/forgot-password", email=s.bea.email)
    s.run_jobs("staff.send_reset")
    return answer


def _join(s: Stage) -> TestResponse:
    token = s.link(s.invited, LinkPurpose.INVITE)
    fields = {"name": "Fay Finance", "new_password": NEW_PASSWORD, "time_zone": "UTC"}
    return s.visitor.submit(f"/invite/{token}", **fields)


def _new_password(s: Stage) -> TestResponse:
    fields = {"current_password": PASSWORD, "new_password": NEW_PASSWORD, "totp_code": code()}
    return s.here.submit("/account/password", **fields)


def _end_sessions(s: Stage) -> TestResponse:
    open_session(s.bea)
    return s.here.submit(f"/staff/{s.bea.id}/end-sessions")


def _other_session(s: Stage) -> str:
    return open_session(s.ann)[0].id


DRIVES: dict[str, Drive] = {
    "staff.sign_in": lambda s: s.visitor.submit("/sign-in", email=s.bea.email, password=PASSWORD),
    "staff.second_factor": lambda s: s.halfway.submit("/sign-in/second-factor", totp_code=code()),
    "staff.backup_code": lambda s: s.halfway.submit(
        "/sign-in/backup-code", backup_code=s.backup_code()
    ),
    "staff.sign_out": lambda s: s.here.submit("/sign-out"),
    "staff.ask_for_reset": _ask_for_reset,
    "staff.set_password": lambda s: s.visitor.submit(
        f"/reset-password/{s.link(s.bea, LinkPurpose.RESET)}", new_password=NEW_PASSWORD
    ),
    "staff.join_by_invite": _join,
    "staff.sudo": lambda s: signed_in(s.app, s.bea).submit(
        "/account/sudo", sudo_totp_code=code(), sudo_with="totp"
    ),
    "staff.ask_for_email": lambda s: s.here.submit("/account/email", email="a@boxcostpro.test"),
    "staff.withdraw_email": lambda s: (
        s.here.submit("/account/email", email="a@boxcostpro.test"),
        s.here.submit("/account/email/withdraw"),
    )[1],
    "staff.use_email": lambda s: s.visitor.submit(
        "/email/confirm/" + s.link(s.bea, LinkPurpose.EMAIL_CHANGE, "b@boxcostpro.test")
    ),
    "staff.take_email_back": lambda s: s.visitor.submit(
        "/email/undo/" + s.link(s.bea, LinkPurpose.EMAIL_UNDO, "old@boxcostpro.test")
    ),
    "staff.new_password": _new_password,
    "staff.save_preferences": lambda s: s.here.submit(
        "/account/preferences", name="Ann Admin", time_zone="Europe/Berlin", theme="dark"
    ),
    "staff.theme": lambda s: s.here.submit("/account/theme", theme="dark"),
    "staff.revoke_session": lambda s: s.here.submit(
        f"/account/sessions/{_other_session(s)}/revoke"
    ),
    "staff.revoke_other_sessions": lambda s: (
        _other_session(s),
        s.here.submit("/account/sessions/revoke-others"),
    )[1],
    "staff.invite_person": lambda s: s.here.submit(
        "/staff/invite", email="max@boxcostpro.test", name="Max Marketing", role="marketing"
    ),
    "staff.resend": _of_invited("resend-invite"),
    "staff.approve": _approve_invited,
    "staff.revoke": _of_invited("revoke-invite"),
    "staff.change_person_role": _of_person("change-role", role="manager", expected="support_agent"),
    "staff.disable": _of_person("disable"),
    "staff.enable": _enable,
    "staff.unlock_person": _of_person("unlock"),
    "staff.end_sessions": _end_sessions,
    "two_factor.enrol": lambda s: s.newcomer.get("/account/two-factor/enrol"),
    "two_factor.confirm_enrol": _confirm_enrol,
    "two_factor.backup_codes": lambda s: s.here.submit("/account/two-factor/backup-codes"),
    "two_factor.confirm_disable": lambda s: s.here.submit(
        "/account/two-factor/disable", totp_code=code()
    ),
    "two_factor.change": lambda s: s.here.submit(
        "/staff/policy/finance/change", **{"finance-grace_days": "7"}
    ),
    "staff.change_role_addresses": lambda s: s.here.submit(
        "/staff/policy/addresses/admin/change", **{"admin-networks": "127.0.0.0/8"}
    ),
    "operations.retry": lambda s: s.here.submit(
        f"/operations/jobs/{s.job(JobStatus.FAILED)}/retry"
    ),
    "operations.cancel": lambda s: s.here.submit(
        f"/operations/jobs/{s.job(JobStatus.QUEUED)}/cancel"
    ),
    "operations.resend": _of_mail("send-again"),
    "operations.resolve": _of_mail("mark-as-sent"),
    "operations.withhold": _of_mail("cancel"),
    "staff_api.login": lambda s: s.visitor.post(
        "/api/admin/auth/login", json={"email": s.bea.email, "password": PASSWORD}
    ),
    "staff_api.login_second_step": lambda s: s.halfway.call(
        "POST", "/api/admin/auth/login/2fa", {"totp_code": code()}
    ),
    "staff_api.logout": lambda s: s.here.call("POST", "/api/admin/auth/logout"),
    "staff_api.sudo": lambda s: s.here.call("POST", "/api/admin/auth/sudo", {"totp_code": code()}),
    "two_factor_api.enable": lambda s: s.newcomer.call(
        "POST", "/api/admin/2fa/enable", {"method": "totp"}
    ),
    "two_factor_api.verify": lambda s: s.newcomer.call(
        "POST", "/api/admin/2fa/verify", {"totp_code": code(secret=s.secret_shown(s.newcomer))}
    ),
    "two_factor_api.verify_backup": lambda s: s.halfway.call(
        "POST", "/api/admin/2fa/verify-backup", {"backup_code": s.backup_code()}
    ),
    "two_factor_api.disable": lambda s: s.here.call(
        "POST", "/api/admin/2fa/disable", {"totp_code": code()}
    ),
    "two_factor_api.new_backup_codes": lambda s: s.here.call("POST", "/api/admin/2fa/backup-codes"),
}
DRIVES |= drives_coupons.DRIVES | drives_coupon_tools.DRIVES
DRIVES |= drives_subscriptions.DRIVES
DRIVES |= drives_passkeys.DRIVES
DRIVES |= drives_queue.DRIVES
DRIVES |= drives_recovery.DRIVES
DRIVES |= drives_streams.DRIVES
DRIVES |= drives_reports.DRIVES
DRIVES |= drives_audit.DRIVES
DRIVES |= drives_ticket.DRIVES
DRIVES |= drives_threads.DRIVES
DRIVES |= drives_answers.DRIVES
DRIVES |= drives_agents.DRIVES
DRIVES |= drives_levels.DRIVES
DRIVES |= drives_desk_api.DRIVES
DRIVES |= drives_beside.DRIVES
DRIVES |= drives_files.DRIVES
DRIVES |= drives_goodwill.DRIVES
DRIVES |= drives_customers.DRIVES
DRIVES |= drives_grants.DRIVES
DRIVES |= drives_catalog.DRIVES
DRIVES |= drives_tokens.DRIVES
DRIVES |= drives_quotas.DRIVES
DRIVES |= drives_entitlement_pages.DRIVES
