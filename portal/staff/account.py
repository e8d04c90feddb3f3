"""What a person sets for themselves: name, time zone, look, keys."""

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core.actor import Actor
from portal.core.errors import DomainError
from portal.staff.directory import locked_person
from portal.staff.identity import checked_name
from portal.staff.models import Admin, Theme
from portal.staff.naming import target_of
from portal.staff.signals import person_changed
from portal.staff.zones import checked_zone


class UnknownTheme(DomainError):
    """No such look."""


def change_preferences(
    *, by: Actor, person_id: int, name: str, time_zone: str, theme: str, shortcuts_enabled: bool
) -> Admin:
    """Set all of them at once.

    Raises:
        BadName, UnknownZone, UnknownTheme: nothing changed.
    """
    return _change(
        by,
        person_id,
        {
            "name": checked_name(name),
            "time_zone": checked_zone(time_zone),
            "theme": _checked_theme(theme),
            "shortcuts_enabled": shortcuts_enabled,
        },
    )


def change_theme(*, by: Actor, person_id: int, theme: str) -> Admin:
    """Set the look alone, as the account menu does.

    Raises:
        UnknownTheme: nothing changed.
    """
    return _change(by, person_id, {"theme": _checked_theme(theme)})


def _change(by: Actor, person_id: int, wanted: dict[str, object]) -> Admin:
    person = locked_person(person_id)
    changes = {
        field: (getattr(person, field), value)
        for field, value in wanted.items()
        if getattr(person, field) != value
    }
    for field, (_, value) in changes.items():
        setattr(person, field, value)
    if changes:
        target = target_of(person)
        record(Action.ACCOUNT_PREFERENCES_CHANGED, by=by, target=target, changes=changes)
    if "name" in changes:
        person_changed.send(person, by=by)
    return person


def _checked_theme(text: str) -> str:
    if text not in list(Theme):
        raise UnknownTheme("Choose auto, light or dark.", field="theme")
    return Theme(text).value
