"""The demo company's product: a program that says who its customers are and redeems coupons."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import db
from portal.customers.models import ApiToken, TokenKind
from portal.customers.scopes import Scope
from portal.customers.tokens import LONGEST_LIFE, issue_service_token
from seeds.agenda import Agenda

NAME = "BoxCostPro"
SCOPES = (
    Scope.CUSTOMERS_WRITE,
    Scope.ENTITLEMENTS_CHECK,
    Scope.ENTITLEMENTS_CONSUME,
    Scope.TICKETS_WRITE,
    Scope.COUPONS_REDEEM,
)
RENEWED = timedelta(days=240)


class Product:
    """Acts by the token that it has at that time. Nobody ever knows a token's text."""

    def __init__(self) -> None:
        permissions = frozenset().union(*(scope.permissions for scope in SCOPES))
        self.actor = Actor(ActorType.API_TOKEN, None, NAME, None, permissions)

    def get_token(self, by: Actor) -> None:
        days = LONGEST_LIFE.days
        row = issue_service_token(by=by, name=NAME, scopes=SCOPES, days=days).row
        db.session.flush()
        self._use(row)

    def find_token(self) -> bool:
        """The one that lives, if there is one."""
        living = sa.select(ApiToken).filter_by(kind=TokenKind.SERVICE, name=NAME, revoked_at=None)
        row = db.session.scalar(living.where(ApiToken.expires_at > clock.now()).limit(1))
        if row is not None:
            self._use(row)
        return row is not None

    def _use(self, row: ApiToken) -> None:
        self.actor = replace(self.actor, id=row.id)


def plan_product(agenda: Agenda, *, since: datetime, by: Actor) -> Product:
    """With a new token from time to time; where one lives, it acts by that."""
    product, at = Product(), since
    if not product.find_token():
        while at < agenda.until:
            agenda.add(at, partial(product.get_token, by), by=by)
            at += RENEWED
    return product
