"""API tokens: the list, making one, taking one back."""

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.core.database import db
from portal.core.permissions import Permission
from portal.customers.pages.blueprint import bp
from portal.customers.token_forms import OwnTokenForm, ServiceTokenForm
from portal.customers.token_list import KIND_LABELS, TokenSearch, TokenState, token_page
from portal.customers.tokens import (
    IssuedToken,
    issue_service_token,
    issue_staff_token,
    revoke_token,
    token_or_404,
)
from portal.staff.current import current_staff
from portal.web.access import audits, requires, sudo
from portal.web.htmx import page, page_or_fragment, see_other


@bp.get("/tokens")
@requires(Permission.TOKENS_OWN)
def tokens() -> Response:
    actor = current_staff().actor
    search = TokenSearch.of(request.args, by=actor)
    return page_or_fragment(
        "customers/tokens.html",
        "customers/_tokens.html",
        listing=token_page(search, by=actor, cursor=request.args.get("cursor")),
        search=search,
        tabs=_tabs(search),
        states=[(state.value, state.label) for state in TokenState],
        may_manage=actor.may(Permission.TOKENS_MANAGE),
    )


@bp.get("/tokens/service")
@requires(Permission.TOKENS_MANAGE)
def service_token() -> Response:
    return _form_page(ServiceTokenForm(), is_own=False)


@bp.post("/tokens/service")
@requires(Permission.TOKENS_MANAGE)
@sudo
@audits(Action.TOKEN_ISSUED)
def make_service_token() -> Response:
    form = ServiceTokenForm()
    if form.validate_on_submit():
        with form.refusing():
            issued = issue_service_token(
                by=current_staff().actor,
                name=form.name.data or "",
                scopes=form.scopes.data or [],
                days=int(form.days.data),
                networks=(form.networks.data or "").splitlines(),
                public_id=form.once.data,
            )
            db.session.commit()
            return _shown_once(issued)
    return _form_page(form, is_own=False, status=422)


@bp.get("/tokens/own")
@requires(Permission.TOKENS_OWN)
def own_token() -> Response:
    return _form_page(OwnTokenForm().offer(current_staff().role), is_own=True)


@bp.post("/tokens/own")
@requires(Permission.TOKENS_OWN)
@sudo
@audits(Action.TOKEN_ISSUED)
def make_own_token() -> Response:
    form = OwnTokenForm().offer(current_staff().role)
    if form.validate_on_submit():
        with form.refusing():
            issued = issue_staff_token(
                by=current_staff().actor,
                name=form.name.data or "",
                permissions=form.permissions.data or [],
                days=int(form.days.data),
                networks=(form.networks.data or "").splitlines(),
                public_id=form.once.data,
            )
            db.session.commit()
            return _shown_once(issued)
    return _form_page(form, is_own=True, status=422)


@bp.post("/tokens/<public_id>/revoke")
@requires(Permission.TOKENS_OWN)
@sudo
@audits(Action.TOKEN_REVOKED)
def revoke_api_token(public_id: str) -> ResponseReturnValue:
    actor = current_staff().actor
    token = token_or_404(public_id, by=actor)
    was_live = revoke_token(by=actor, token=token)
    db.session.commit()
    flash(
        f"{token.name} {'opens nothing any more' if was_live else 'was revoked before'}.", "success"
    )
    return see_other(url_for("customers.tokens", kind=token.kind))


def _tabs(search: TokenSearch) -> list[tuple[str, str, bool]]:
    return [
        (url_for("customers.tokens", kind=kind), label, kind is search.kind)
        for kind, label in KIND_LABELS.items()
    ]


def _form_page(
    form: ServiceTokenForm | OwnTokenForm, *, is_own: bool, status: int = 200
) -> Response:
    return page("customers/token.html", status=status, form=form, is_own=is_own)


def _shown_once(issued: IssuedToken) -> Response:
    return page("customers/token_issued.html", token=issued.row, text=issued.text)
