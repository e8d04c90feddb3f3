"""What has to hold in the database before a process of production serves or works.

Commands are not asked: some of them put it right.
"""

from collections.abc import Callable

from portal.config import settings

Check = Callable[[], None]
_checks: list[Check] = []


def before_start(check: Check) -> Check:
    """Have this asked, which raises UnsafeSettings where it does not hold."""
    _checks.append(check)
    return check


def check_start() -> None:
    """Within an application context, once a process.

    Raises:
        UnsafeSettings: see there; the message says what to do.
    """
    if settings().is_production:
        for check in _checks:
            check()
