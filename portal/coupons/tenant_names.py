"""Tenants as people write them down: by external id or whole name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from portal.core.database import db
from portal.core.text import nfc
from portal.customers.models import Tenant
from portal.customers.naming import name_key

MOST = 1_000


@dataclass(frozen=True, slots=True)
class Named:
    """Whom the lines mean, in their order, and what is wrong with the others."""

    ids: tuple[int, ...]
    faults: tuple[str, ...]


def lines_of(text: str) -> list[str]:
    """One tenant a line; empty lines are nothing."""
    lines = (line.strip() for line in nfc(text).replace("\x00", "").splitlines())
    return [line for line in lines if line]


def tenants_named(lines: Sequence[str]) -> Named:
    """An external id goes before a name. A name that two tenants share means neither."""
    keys = [name_key(line) for line in lines]
    by_external_id, by_name = _read(lines, keys)
    ids: dict[int, None] = {}
    faults = []
    for line, key in zip(lines, keys, strict=True):
        named = [by_external_id[line]] if line in by_external_id else by_name.get(key, [])
        if len(named) == 1:
            ids[named[0]] = None
        else:
            faults.append(_fault(line, len(named)))
    return Named(tuple(ids), tuple(faults))


def external_ids(tenant_ids: Iterable[int]) -> list[str]:
    """As lines that mean these tenants."""
    query = sa.select(Tenant.external_id).where(Tenant.id.in_(tenant_ids))
    return list(db.session.scalars(query.order_by(Tenant.external_id)))


def _read(lines: Sequence[str], keys: Sequence[str]) -> tuple[dict[str, int], dict[str, list[int]]]:
    is_named = sa.or_(Tenant.external_id.in_(lines), Tenant.name_key.in_(keys))
    query = sa.select(Tenant.id, Tenant.external_id, Tenant.name_key).where(is_named)
    by_external_id: dict[str, int] = {}
    by_name: dict[str, list[int]] = {}
    for row in db.session.execute(query):
        by_external_id[row.external_id] = row.id
        by_name.setdefault(row.name_key, []).append(row.id)
    return by_external_id, by_name


def _fault(line: str, count: int) -> str:
    if count:
        return f"{count} tenants are called {line}: use the external id."
    return f"There is no tenant {line}."
