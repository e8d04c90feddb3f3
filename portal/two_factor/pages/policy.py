"""What each role owes, as admins decide it."""

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.core.database import db
from portal.core.permissions import Permission
from portal.core.roles import Role
from portal.staff.current import current_staff
from portal.staff.policies import change_policy
from portal.two_factor.forms import PolicyForm
from portal.two_factor.overview import coverage
from portal.two_factor.pages.blueprint import bp
from portal.web.access import audits, requires, sudo
from portal.web.htmx import page, see_other


@bp.get("/staff/policy")
@requires(Permission.SECURITY_POLICY)
def policy() -> Response:
    return page("two_factor/policy.html", rows=_policy_rows())


@bp.post("/staff/policy/<role>/change")
@requires(Permission.SECURITY_POLICY)
@sudo
@audits(Action.POLICY_CHANGED)
def change(role: str) -> ResponseReturnValue:
    if role not in list(Role):
        return page("two_factor/policy.html", status=404, rows=_policy_rows())
    form, chosen = PolicyForm(prefix=role), Role(role)
    if form.validate_on_submit():
        with form.refusing():
            stopped = change_policy(
                by=current_staff().actor,
                role=chosen,
                is_required=bool(form.is_required.data),
                grace_days=form.grace_days.data or 0,
                recovery_hours=form.recovery_hours.data,
            )
            db.session.commit()
            also = f" {stopped} sessions must enrol first." if stopped else ""
            flash(f"{chosen.label}: the rule is saved.{also}", "success")
            return see_other(url_for("two_factor.policy"))
    return page("two_factor/policy.html", status=422, rows=_policy_rows(form, chosen))


def _policy_rows(form: PolicyForm | None = None, of: Role | None = None) -> list[dict[str, object]]:
    return [
        {
            "role": row.role,
            "coverage": row,
            "form": form
            if form is not None and row.role is of
            else PolicyForm(
                None,
                prefix=row.role.value,
                data={
                    "is_required": row.rule.is_required,
                    "grace_days": row.rule.grace_days,
                    "recovery_hours": row.rule.recovery_hours,
                },
            ),
        }
        for row in coverage()
    ]
