"""Where rooms above put what they know of a tenant or user on its page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from portal.core.actor import Actor
from portal.customers.models import Tenant, User


@dataclass(frozen=True, slots=True)
class Panel:
    """One card of a page. `key` becomes the id of its element."""

    key: str
    title: str
    html: Markup


TenantPanel = Callable[[Tenant, Actor], Panel | None]
UserPanel = Callable[[User, Tenant, Actor], Panel | None]
Column = Callable[[Sequence[int]], Mapping[int, str]]
"""From the ids of a page of tenants to what stands in their cells: one query for all."""

_of_tenants: list[tuple[int, TenantPanel]] = []
_of_users: list[tuple[int, UserPanel]] = []
_columns: list[tuple[str, Column]] = []


def register_tenant_panel(order: int, make: TenantPanel) -> None:
    """Lower orders stand higher. `make` answers None for whoever may not see it."""
    _of_tenants.append((order, make))
    _of_tenants.sort(key=lambda entry: entry[0])


def register_user_panel(order: int, make: UserPanel) -> None:
    """As `register_tenant_panel`."""
    _of_users.append((order, make))
    _of_users.sort(key=lambda entry: entry[0])


def tenant_panels(tenant: Tenant, by: Actor) -> list[Panel]:
    made = (make(tenant, by) for _, make in _of_tenants)
    return [panel for panel in made if panel is not None]


def user_panels(user: User, tenant: Tenant, by: Actor) -> list[Panel]:
    made = (make(user, tenant, by) for _, make in _of_users)
    return [panel for panel in made if panel is not None]


def register_tenant_column(title: str, make: Column) -> None:
    """One more column in the list of tenants."""
    _columns.append((title, make))


def tenant_columns(tenant_ids: Sequence[int]) -> list[tuple[str, Mapping[int, str]]]:
    return [(title, make(tenant_ids) if tenant_ids else {}) for title, make in _columns]
