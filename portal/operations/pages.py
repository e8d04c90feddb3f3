"""The engine room's pages, and the three addresses that programs look at."""

import hmac

import humanize
from flask import Blueprint, Response, flash, g, jsonify, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import UnsupportedMediaType

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.audit.log_state import signing_warning
from portal.audit.redaction import redacted
from portal.config import settings
from portal.core.database import db, writing
from portal.core.permissions import Permission
from portal.jobs.control import cancel_job, job_or_404, retry_job
from portal.jobs.models import Job, JobStatus
from portal.mail.bodies import open_body
from portal.mail.decisions import cancel as cancel_mail
from portal.mail.decisions import mark_as_sent, send_again
from portal.mail.messages import parsed, text_of
from portal.mail.models import EmailLog, MailStatus
from portal.operations.csp_reports import (
    LARGEST,
    MEDIA_TYPE,
    log_violation,
    seconds_to_wait,
    violations,
)
from portal.operations.health import health as present_health
from portal.operations.health import ledger_faults, readiness
from portal.operations.letters import UNDECIDED, mail_or_404, note_body_viewed
from portal.operations.lists import jobs_page, mails_page
from portal.operations.metrics import VIOLATIONS, exposition, init_metrics
from portal.staff.current import current_staff
from portal.web.access import (
    audits,
    public,
    reads_only,
    requires,
    sudo,
    unaudited,
    without_csrf_token,
)
from portal.web.headers import say_when
from portal.web.htmx import page, page_or_fragment, see_other
from portal.web.nav import NavItem

bp = Blueprint("operations", __name__)
NAV = (
    NavItem("System", "Jobs", "operations.jobs", "list-check", "j", Permission.OPERATIONS_VIEW),
    NavItem("System", "Mail", "operations.mail", "mail", "m", Permission.OPERATIONS_VIEW),
    NavItem("System", "Health", "operations.health", "heartbeat", "e", Permission.OPERATIONS_VIEW),
)


@bp.record_once
def _count_requests(state: BlueprintSetupState) -> None:
    init_metrics(state.app)  # type: ignore[arg-type]  # Flask types its own application loosely


@bp.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    """The process lives. Asks nothing else, so that a busy database restarts nobody."""
    return jsonify(status="ok")


@bp.get("/readyz")
@public
def readyz() -> ResponseReturnValue:
    """An unsigned log and a damaged value are warnings: requests are taken all the same."""
    found, unsigned = readiness(), signing_warning()
    checks = found.checks
    damage = [fault.advice for fault in found.sealed.damage]
    lists = {
        "advice": [fault.advice for fault in found.sealed.key_faults],
        "warnings": [unsigned, *damage] if unsigned else damage,
    }
    told = {name: sentences for name, sentences in lists.items() if sentences}
    return jsonify({**checks, **told}), 200 if all(checks.values()) else 503


@bp.get("/metrics")
@public
def metrics() -> ResponseReturnValue:
    """For a scraper with the token; without one in the settings, for nobody."""
    given = request.headers.get("Authorization", "")
    token = settings().metrics_token
    if not token or not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return jsonify(error="not authenticated"), 401
    content_type = "text/plain; version=0.0.4; charset=utf-8"
    return Response(exposition(present_health()), content_type=content_type)


@bp.post("/csp-reports")
@public
@reads_only
@unaudited("anybody can send one: it is counted and logged, and changes nothing")
@without_csrf_token("a browser sends it by itself; it changes nothing")
def csp_reports() -> ResponseReturnValue:
    """What the content policy stopped in somebody's browser, as that browser says."""
    if wait := seconds_to_wait():
        return say_when(Response(status=429), wait)
    if request.mimetype != MEDIA_TYPE:
        raise UnsupportedMediaType
    request.max_content_length = LARGEST
    for violation in violations(request.get_data()):
        VIOLATIONS.labels(violation["directive"]).inc()
        log_violation(violation, request_id=g.request_id)
    return "", 204


@bp.get("/operations/health")
@requires(Permission.OPERATIONS_VIEW)
def health() -> Response:
    found = present_health()
    faults = ledger_faults()
    return page("operations/health.html", health=found, ready=readiness(), faults=faults)


@bp.app_template_filter()
def file_size(number: int) -> str:
    """In units of 1,024 bytes."""
    return humanize.naturalsize(number, binary=True)


@bp.get("/operations/jobs")
@requires(Permission.OPERATIONS_VIEW)
def jobs() -> Response:
    status = request.args.get("status", "")
    return page_or_fragment(
        "operations/jobs.html",
        "operations/_jobs.html",
        listing=jobs_page(status=status, cursor=request.args.get("cursor")),
        tabs=_job_tabs(status),
    )


def _job_tabs(chosen: str) -> list[tuple[str, str, bool]]:
    every = [(url_for("operations.jobs"), "All", chosen not in list(JobStatus))]
    return every + [
        (url_for("operations.jobs", status=status), status.value.capitalize(), status == chosen)
        for status in JobStatus
    ]


@bp.get("/operations/jobs/<int:job_id>")
@requires(Permission.OPERATIONS_VIEW)
def job(job_id: int) -> Response:
    found = job_or_404(job_id)
    return page("operations/job.html", job=found, payload=redacted(found.payload), **_may_manage())


def _may_manage() -> dict[str, bool]:
    return {"may_manage": current_staff().actor.may(Permission.OPERATIONS_MANAGE)}


@bp.post("/operations/jobs/<int:job_id>/retry")
@requires(Permission.OPERATIONS_MANAGE)
@sudo
@audits(Action.JOB_RETRIED)
def retry(job_id: int) -> ResponseReturnValue:
    return _job_done(Action.JOB_RETRIED, retry_job(job_id), "is queued again")


@bp.post("/operations/jobs/<int:job_id>/cancel")
@requires(Permission.OPERATIONS_MANAGE)
@sudo
@audits(Action.JOB_CANCELLED)
def cancel(job_id: int) -> ResponseReturnValue:
    return _job_done(Action.JOB_CANCELLED, cancel_job(job_id), "is cancelled")


def _job_done(action: Action, found: Job, text: str) -> ResponseReturnValue:
    """Jobs stand below the ledger, so the event is recorded here, in the same transaction."""
    record(action, by=current_staff().actor, target=Target("job", found.id, found.kind))
    db.session.commit()
    flash(f"Job {found.id} {text}.", "success")
    return see_other(url_for("operations.job", job_id=found.id))


@bp.get("/operations/mail")
@requires(Permission.OPERATIONS_VIEW)
def mail() -> Response:
    status, text = request.args.get("status", ""), request.args.get("q", "")
    return page_or_fragment(
        "operations/mail.html",
        "operations/_mails.html",
        listing=mails_page(status=status, text=text, cursor=request.args.get("cursor")),
        chosen=status,
        q=text,
        statuses=[(found.value, found.value.capitalize()) for found in MailStatus],
    )


@bp.get("/operations/mail/<int:mail_id>")
@requires(Permission.OPERATIONS_VIEW)
def letter(mail_id: int) -> Response:
    found = mail_or_404(mail_id)
    is_undecided = found.status in UNDECIDED
    return page("operations/letter.html", mail=found, is_undecided=is_undecided, **_may_manage())


@bp.get("/operations/mail/<int:mail_id>/body")
@requires(Permission.OPERATIONS_MANAGE)
def body(mail_id: int) -> Response:
    """Reading it is recorded. Its text is gone once a mail with a link was sent."""
    with writing():
        note_body_viewed(by=current_staff().actor, mail=mail_or_404(mail_id))
    found = mail_or_404(mail_id)
    return page("operations/body.html", mail=found, text=_text(found))


def _text(found: EmailLog) -> str | None:
    """In production nobody reads a link that opens another person's account, sent or not."""
    if settings().is_production and found.carries_secret:
        return None
    message = open_body(found)
    if message is None and not settings().is_production:
        kept = settings().mail_folder / f"{found.id}.eml"
        message = kept.read_bytes() if kept.exists() else None
    return text_of(parsed(message)) if message is not None else None


@bp.post("/operations/mail/<int:mail_id>/send-again")
@requires(Permission.OPERATIONS_MANAGE)
@sudo
@audits(Action.MAIL_RESENT)
def resend(mail_id: int) -> ResponseReturnValue:
    send_again(by=current_staff().actor, mail=mail_or_404(mail_id))
    db.session.commit()
    flash("The mail is queued again.", "success")
    return see_other(url_for("operations.letter", mail_id=mail_id))


@bp.post("/operations/mail/<int:mail_id>/mark-as-sent")
@requires(Permission.OPERATIONS_MANAGE)
@sudo
@audits(Action.MAIL_RESOLVED)
def resolve(mail_id: int) -> ResponseReturnValue:
    mark_as_sent(by=current_staff().actor, mail=mail_or_404(mail_id))
    db.session.commit()
    flash("The mail counts as sent.", "success")
    return see_other(url_for("operations.letter", mail_id=mail_id))


@bp.post("/operations/mail/<int:mail_id>/cancel")
@requires(Permission.OPERATIONS_MANAGE)
@sudo
@audits(Action.MAIL_RESOLVED)
def withhold(mail_id: int) -> ResponseReturnValue:
    cancel_mail(by=current_staff().actor, mail=mail_or_404(mail_id))
    db.session.commit()
    flash("The mail will not be sent.", "success")
    return see_other(url_for("operations.letter", mail_id=mail_id))
