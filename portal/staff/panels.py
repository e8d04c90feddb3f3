"""Where rooms above put what they know of a person on that person's page."""

from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

from portal.core.actor import Actor
from portal.staff.models import Admin


@dataclass(frozen=True, slots=True)
class Panel:
    """One card of the page."""

    title: str
    html: Markup


PersonPanel = Callable[[Admin, Actor], Panel | None]
_made: list[PersonPanel] = []


def register_person_panel(make: PersonPanel) -> None:
    """`make` answers None for whoever may not see it, and when there is nothing to say."""
    _made.append(make)


def person_panels(person: Admin, by: Actor) -> list[Panel]:
    found = (make(person, by) for make in _made)
    return [panel for panel in found if panel is not None]
