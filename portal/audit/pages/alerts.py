"""What somebody should look at, and the rules that decide it."""

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.audit.alerting.alerts import acknowledge, alert_page
from portal.audit.alerting.forms import RuleForm
from portal.audit.alerting.rules import (
    all_rules,
    change_rule,
    create_rule,
    disable_rule,
    enable_rule,
    rule_or_404,
    terms_of,
)
from portal.audit.pages.blueprint import bp, may_manage
from portal.audit.words import in_words
from portal.core.database import db
from portal.core.permissions import Permission
from portal.web.access import acting, audits, requires, sudo
from portal.web.htmx import page, page_or_fragment, see_other


@bp.get("/audit/alerts")
@requires(Permission.AUDIT_ALL)
def alerts() -> Response:
    is_open = request.args.get("state") != "seen"
    return page_or_fragment(
        "audit/alerts.html",
        "audit/_alerts.html",
        listing=alert_page(is_open=is_open, cursor=request.args.get("cursor")),
        is_open=is_open,
        tabs=[
            (url_for("audit.alerts"), "Waiting", is_open),
            (url_for("audit.alerts", state="seen"), "Looked at", not is_open),
        ],
    )


@bp.post("/audit/alerts/<int:alert_id>/acknowledge")
@requires(Permission.AUDIT_ALL)
@audits(Action.ALERT_ACKNOWLEDGED)
def acknowledge_alert(alert_id: int) -> ResponseReturnValue:
    alert = acknowledge(by=acting(), alert_id=alert_id)
    db.session.commit()
    flash(f"{alert.rule_name} is looked at.", "success")
    return see_other(url_for("audit.alerts"))


@bp.get("/audit/alerts/rules")
@requires(Permission.AUDIT_ALL)
def alert_rules() -> Response:
    return page(
        "audit/alert_rules.html", rows=all_rules(), may_manage=may_manage(), in_words=in_words
    )


@bp.route("/audit/alerts/rules/new", methods=["GET", "POST"])
@requires(Permission.AUDIT_MANAGE)
@audits(Action.ALERT_RULE_SAVED)
def new_alert_rule() -> ResponseReturnValue:
    form = RuleForm()
    if form.validate_on_submit():
        with form.refusing():
            row = create_rule(by=acting(), terms=form.terms())
            db.session.commit()
            return _done(f"{row.name} is in force.")
    return _form_page(form, "New alert rule")


@bp.route("/audit/alerts/rules/<int:rule_id>", methods=["GET", "POST"])
@requires(Permission.AUDIT_MANAGE)
@sudo  # a rule that nothing meets any more is as good as switched off
@audits(Action.ALERT_RULE_SAVED)
def edit_alert_rule(rule_id: int) -> ResponseReturnValue:
    row = rule_or_404(rule_id)
    form = RuleForm(data={**terms_of(row).values, "version": str(row.version)})
    name = row.name
    if form.validate_on_submit():
        with form.refusing():
            change_rule(by=acting(), row=row, version=form.expected_version(), terms=form.terms())
            db.session.commit()
            return _done(f"{row.name} is saved.")
    return _form_page(form, f"Change {name}")


@bp.post("/audit/alerts/rules/<int:rule_id>/disable")
@requires(Permission.AUDIT_MANAGE)
@sudo
@audits(Action.ALERT_RULE_DISABLED)
def disable_alert_rule(rule_id: int) -> ResponseReturnValue:
    row = disable_rule(by=acting(), row=rule_or_404(rule_id))
    db.session.commit()
    return _done(f"{row.name} is switched off.")


@bp.post("/audit/alerts/rules/<int:rule_id>/enable")
@requires(Permission.AUDIT_MANAGE)
@audits(Action.ALERT_RULE_ENABLED)
def enable_alert_rule(rule_id: int) -> ResponseReturnValue:
    row = enable_rule(by=acting(), row=rule_or_404(rule_id))
    db.session.commit()
    return _done(f"{row.name} is in force again.")


def _form_page(form: RuleForm, title: str) -> Response:
    has_errors = bool(form.errors or form.form_errors)
    return page("audit/alert_rule.html", status=422 if has_errors else 200, form=form, title=title)


def _done(text: str) -> ResponseReturnValue:
    flash(text, "success")
    return see_other(url_for("audit.alert_rules"))
