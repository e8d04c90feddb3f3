"""Why a quota or a feature was refused; the API shows the numbers beside the words."""

from typing import Any

from portal.core.errors import Conflict, Denied, DomainError
from portal.entitlements.answers import LimitBlock


class FeatureDenied(Denied):
    """This user may not use the feature at all; `reason` is that of the decision."""

    code = "feature_denied"
    is_attempt = False

    def __init__(self, reason: str, feature_name: str) -> None:
        super().__init__(f"{feature_name} is not allowed: {reason}.")
        self.more: dict[str, Any] = {"reason": reason, "feature_name": feature_name}


class QuotaExceeded(Conflict):
    """There is not so much left."""

    code = "quota_exceeded"
    title = "The limit is reached"

    def __init__(self, feature_name: str, block: LimitBlock) -> None:
        super().__init__(f"{block.remaining} of {block.limit} of {feature_name} are left.")
        self.block = block
        self.more: dict[str, Any] = {
            "feature_name": feature_name,
            "consumed": 0,
            **numbers(block),
        }


class NotConsumed(Conflict):
    """A gauge that counts real things is never consumed."""


class KeyReused(Conflict):
    """The key belongs to another request."""


class NotPending(Conflict):
    """The reservation was committed, released, or has run out."""


class AmountRefused(DomainError):
    """Not a number of things that can be consumed, reserved or given back."""


def numbers(block: LimitBlock) -> dict[str, Any]:
    """How much is used and left, without the period: what a consumption answers."""
    found = block.as_json()
    return {name: found[name] for name in ("used", "limit", "remaining", "resets_at", "unlimited")}
