"""What the pages of a tenant and of a user show of entitlements."""

from collections.abc import Iterable
from dataclasses import dataclass

from flask import render_template, url_for
from markupsafe import Markup

from portal.catalog.snapshot import Feature
from portal.core.actor import Actor
from portal.core.permissions import Permission
from portal.customers.models import Tenant, User
from portal.customers.panels import Panel, register_tenant_panel, register_user_panel
from portal.entitlements.answers import Answer
from portal.entitlements.checks import get_tenant_features, get_user_features
from portal.entitlements.explaining import in_words

ORDER = 20
UNKNOWN = Feature("")


@dataclass(frozen=True, slots=True)
class FeatureState:
    """One line: a feature, whether it may be used, why, and how much is left."""

    name: str
    label: str
    category: str
    allowed: bool
    words: str
    used: int | None
    limit: int | None
    override: tuple[str, int] | None

    @property
    def share(self) -> int:
        """Percent of the limit that is used."""
        if not self.limit:
            return 100
        return min(100, round(100 * (self.used or 0) / self.limit))


def states_of(answers: Iterable[Answer]) -> list[FeatureState]:
    """In the order of the catalogue's shelves."""
    found = [_state(answer) for answer in answers]
    return sorted(found, key=lambda state: (state.category, state.label))


def _state(answer: Answer) -> FeatureState:
    feature = answer.standing.catalog.features.get(answer.feature_name, UNKNOWN)
    block, source = answer.limit, answer.decision.source or {}
    kind = str(source.get("type", ""))
    is_override = kind.endswith("_entitlement")
    return FeatureState(
        name=answer.feature_name,
        label=feature.display_name or answer.feature_name,
        category=feature.category,
        allowed=answer.allowed,
        words=in_words(answer.reason),
        used=block.used + block.reserved if block else None,
        limit=None if block is None or block.is_unlimited else block.limit,
        override=(kind.removesuffix("_entitlement"), source["id"]) if is_override else None,
    )


def _of_user(user: User, _tenant: Tenant, by: Actor) -> Panel | None:
    if not by.may(Permission.ENTITLEMENTS_VIEW):
        return None
    html = render_template(
        "entitlements/_features.html",
        states=states_of(get_user_features(user_id=user.id)),
        user_id=user.id,
        usage_url=None,
        grant_endpoint="entitlements.grant_user",
        grant_values={"user_id": user.id},
        may_grant=by.may(Permission.ENTITLEMENTS_GRANT_BRIEFLY),
    )
    return Panel("entitlements", "What they may use", Markup(html))  # noqa: S704 - our template


def _of_tenant(tenant: Tenant, by: Actor) -> Panel | None:
    if not by.may(Permission.ENTITLEMENTS_VIEW):
        return None
    html = render_template(
        "entitlements/_features.html",
        states=states_of(get_tenant_features(tenant_id=tenant.id)),
        user_id=None,
        usage_url=url_for("entitlements.tenant_usage", tenant_id=tenant.id),
        grant_endpoint="entitlements.grant_tenant",
        grant_values={"tenant_id": tenant.id},
        may_grant=by.may(Permission.ENTITLEMENTS_GRANT_TENANT),
    )
    return Panel("entitlements", "What its users may use", Markup(html))  # noqa: S704 - our template


register_user_panel(ORDER, _of_user)
register_tenant_panel(ORDER, _of_tenant)
