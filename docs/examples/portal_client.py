"""A small client of the portal's JSON API, for the product's backend. Standard library only.

portal = Portal("https://portal.example.com", "bop_…")
if portal.check(user_id=17, feature_name="custom_reports").allowed: ...
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True)
class Limit:
    """How much there is; `limit` and `remaining` are None when there is no end to it."""

    unlimited: bool
    limit: int | None
    used: int
    remaining: int | None
    resets_at: str | None


@dataclass(frozen=True)
class Decision:
    """May the user use the feature, and why."""

    feature_name: str
    allowed: bool
    reason: str
    limit: Limit | None
    next_change_at: str | None


@dataclass(frozen=True)
class Consumption:
    """What was taken, and what is left."""

    consumed: int
    used: int
    limit: int | None
    remaining: int | None
    resets_at: str | None


class Refused(Exception):
    """The portal said no: `code` is stable, the rest is for people and logs."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        self.status = status
        self.problem = problem
        self.code = str(problem.get("code", ""))
        self.request_id = str(problem.get("request_id", ""))
        super().__init__(f"{status} {self.code}: {problem.get('detail') or problem.get('title')}")


class Portal:
    """One token's view of the portal. Safe to share between threads: it keeps no state."""

    def __init__(self, base_url: str, token: str, *, timeout: float = 10) -> None:
        self._base_url = base_url.rstrip("/")
        self._token = token
        self._timeout = timeout

    def upsert_tenant(self, external_id: str, name: str, *, plan: str | None = None) -> int:
        """Create or change a tenant; its id."""
        body = {"name": name, **({"plan": plan} if plan else {})}
        path = f"/api/customers/tenants/{quote(external_id, safe='')}"
        return int(self._send("PUT", path, body)["id"])

    def upsert_user(self, tenant: str, external_id: str, *, name: str, email: str) -> int:
        """Create or change a user of a tenant; its id."""
        tenant_path = f"/api/customers/tenants/{quote(tenant, safe='')}"
        path = f"{tenant_path}/users/{quote(external_id, safe='')}"
        return int(self._send("PUT", path, {"name": name, "email": email})["id"])

    def check(self, *, user_id: int, feature_name: str, quantity: int = 1) -> Decision:
        """Ask; nothing is taken. A denial is an answer, not an error."""
        path = f"/api/entitlements/users/{user_id}/check-access"
        found = self._send("POST", path, {"feature_name": feature_name, "quantity": quantity})
        limit = found["limit"]
        return Decision(
            feature_name=found["feature_name"],
            allowed=found["allowed"],
            reason=found["reason"],
            limit=_limit(limit) if limit else None,
            next_change_at=found["next_change_at"],
        )

    def consume(
        self, *, user_id: int, feature_name: str, idempotency_key: str, amount: int = 1
    ) -> Consumption:
        """Take from the quota. Send a retry with the same key: it takes nothing twice.

        Raises:
            Refused: code `quota_exceeded` over the limit, `feature_denied` without access.
        """
        path = f"/api/entitlements/users/{user_id}/consume"
        body = {"feature_name": feature_name, "amount": amount}
        found = self._send("POST", path, body, {"Idempotency-Key": idempotency_key})
        names = ("consumed", "used", "limit", "remaining", "resets_at")
        return Consumption(**{name: found[name] for name in names})

    def _send(
        self, method: str, path: str, body: dict[str, Any], headers: dict[str, str] | None = None
    ) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the address is the caller's own
            self._base_url + path,
            data=json.dumps(body).encode(),
            method=method,
            headers={
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/json",
                **(headers or {}),
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=self._timeout) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise Refused(error.code, json.load(error)) from None


def _limit(found: dict[str, Any]) -> Limit:
    names = ("unlimited", "limit", "used", "remaining", "resets_at")
    return Limit(**{name: found[name] for name in names})
