"""The time zones that a person may choose."""

from functools import cache
from zoneinfo import available_timezones

from portal.core.errors import DomainError

# Names of the form Area/City; the rest are aliases that other databases may not know.
AREAS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian")


class UnknownZone(DomainError):
    """No such zone in the IANA database."""


@cache
def zones() -> tuple[str, ...]:
    """Every IANA zone named for a place, and UTC first."""
    places = (name for name in available_timezones() if name.startswith((*AREAS, "Pacific")))
    return ("UTC", *sorted(name for name in places if "/" in name))


def checked_zone(text: str) -> str | None:
    """The zone, in whatever case and spacing it was typed; None for the portal's own.

    Raises:
        UnknownZone: see the class.
    """
    wanted = text.strip().replace(" ", "_")
    if not wanted:
        return None
    found = _by_folded_name().get(wanted.casefold())
    if found is None:
        raise UnknownZone("Choose a zone from the list, such as Europe/Paris.", field="time_zone")
    return found


@cache
def _by_folded_name() -> dict[str, str]:
    return {name.casefold(): name for name in zones()}
