"""What nobody came back for is swept out every hour; codes that run out are told of once a day."""

from datetime import timedelta
from typing import Any

from portal.jobs.registry import handles, recurring
from portal.two_factor.code_warnings import warn_of_codes
from portal.two_factor.passkey_challenges import forget_expired_challenges
from portal.two_factor.recovery_requests import expire_requests

KIND = "two_factor.sweep_challenges"
WARNINGS = "two_factor.warn_of_codes"


@handles(KIND)
def sweep(_payload: dict[str, Any]) -> None:
    """Remove challenges whose five minutes are over, and end recoveries whose time is."""
    forget_expired_challenges()
    expire_requests()


recurring(KIND, every=timedelta(hours=1))


@handles(WARNINGS)
def warn(_payload: dict[str, Any]) -> None:
    """Tell people whose backup codes are few or soon expire."""
    warn_of_codes()


recurring(WARNINGS, every=timedelta(days=1))
