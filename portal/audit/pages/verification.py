"""What the last verifications found, and a button for one now."""

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.audit.pages.blueprint import bp
from portal.audit.verifying.rounds import ask_for_round, rounds, under_way
from portal.core.database import db
from portal.core.permissions import Permission
from portal.web.access import acting, audits, requires
from portal.web.htmx import page_or_fragment, see_other


@bp.get("/audit/verification")
@requires(Permission.AUDIT_ALL)
def verification() -> Response:
    kept = rounds()
    return page_or_fragment(
        "audit/verification.html",
        "audit/_verification.html",
        last=kept[0] if kept else None,
        earlier=kept[1:],
        under_way=under_way(),
    )


@bp.post("/audit/verify")
@requires(Permission.AUDIT_ALL)
@audits(Action.AUDIT_VERIFICATION_REQUESTED)
def verify_now() -> ResponseReturnValue:
    ask_for_round(by=acting())
    db.session.commit()
    flash("The worker verifies the log. You may leave this page.", "success")
    return see_other(url_for("audit.verification"))
