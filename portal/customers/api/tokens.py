"""Tokens with which the product acts for one of its users."""

from datetime import timedelta

from flask import Response, jsonify
from pydantic import BaseModel

from portal.audit.actions import Action
from portal.core.permissions import Permission
from portal.customers.api.blueprint import api
from portal.customers.token_schemas import MintBody, MintedToken
from portal.customers.tokens import issue_user_token
from portal.customers.users import user_or_404
from portal.web.access import acting, audits, requires, sudo
from portal.web.idempotency import commit_answer, idempotent
from portal.web.openapi import takes
from portal.web.times import machine


class UserPath(BaseModel):
    """The integer id of a user."""

    user_id: int


@api.post("/users/<int:user_id>/tokens", responses={201: MintedToken})
@requires(Permission.USER_TOKENS_MINT)
@sudo
@audits(Action.TOKEN_ISSUED)
@idempotent
@takes
def mint_user_token(path: UserPath, body: MintBody) -> Response:
    """A token that acts for the user at the `/me` routes, and nowhere else."""
    issued = issue_user_token(
        by=acting(),
        user=user_or_404(path.user_id),
        expires_in=timedelta(seconds=body.expires_in),
    )
    answer = jsonify(token=issued.text, expires_at=machine(issued.row.expires_at))
    answer.status_code = 201
    return commit_answer(answer, is_secret=True)
