"""What nobody came back for is swept out every hour."""

from datetime import timedelta
from typing import Any

from portal.jobs.registry import handles, recurring
from portal.two_factor.passkey_challenges import forget_expired_challenges
from portal.two_factor.recovery_requests import expire_requests

KIND = "two_factor.sweep_challenges"


@handles(KIND)
def sweep(_payload: dict[str, Any]) -> None:
    """Remove challenges whose five minutes are over, and end recoveries whose time is."""
    forget_expired_challenges()
    expire_requests()


recurring(KIND, every=timedelta(hours=1))
