"""Uma of Acme and what she is granted, for the tests of grants."""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.customers.models import Tenant, User
from portal.entitlements.grants import Granted, grant_tenant_feature, grant_user_feature
from portal.entitlements.models import UserEntitlement

REPORTS = "custom_reports"  # what the fallback plan does not reach


@dataclass
class Desk:
    """Grants by one person of ours, to Uma or to her whole company."""

    by: Actor
    user: User
    tenant: Tenant

    def grant(self, feature_name: str = REPORTS, **terms) -> Granted:
        return grant_user_feature(by=self.by, user=self.user, feature_name=feature_name, **terms)

    def grant_all(self, feature_name: str = REPORTS, **terms) -> Granted:
        return grant_tenant_feature(
            by=self.by, tenant=self.tenant, feature_name=feature_name, **terms
        )


def days(number: float):
    """The instant so many days from now."""
    return clock.now() + timedelta(days=number)


def open_rows(model=UserEntitlement) -> list:
    """Rows that nothing has ended yet, now or ahead."""
    query = sa.select(model).where(model.ended_at.is_(None)).order_by(model.id)
    return list(db.session.scalars(query))


def events(action: str = "entitlement.") -> list[AuditEvent]:
    """Oldest first."""
    query = sa.select(AuditEvent).where(AuditEvent.action.startswith(action))
    return list(db.session.scalars(query.order_by(AuditEvent.id)))
