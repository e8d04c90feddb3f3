"""What a change of tickets says: checked before it is kept, and in words before it is made."""

from typing import Any

from portal.core.database import db
from portal.core.errors import DomainError
from portal.staff.models import Admin
from portal.support.applying import Change
from portal.support.assignment import NobodyThere, NoSuchTeam
from portal.support.fields import UnknownValue
from portal.support.models import SupportTeam
from portal.support.roster import named
from portal.support.tagging import checked_tag
from portal.support.words import Category, Priority, Status

CHOOSABLE = (Status.OPEN, Status.PENDING, Status.ON_HOLD, Status.SOLVED, Status.CLOSED, Status.SPAM)
"""Deleting is left to one ticket at a time."""
LISTS = {"status": CHOOSABLE, "priority": tuple(Priority), "category": tuple(Category)}


class NothingToChange(DomainError):
    """No field was given a value."""


def checked_change(change: Change) -> dict[str, Any]:
    """The change in its one form: tags without doubles, and nothing that is not set.

    Raises:
        UnknownValue, BadTag, NobodyThere, NoSuchTeam: a value that is none (422).
    """
    found: dict[str, Any] = {}
    for name, values in LISTS.items():
        if name in change:
            if change[name] not in values:
                raise UnknownValue(f"Choose a {name} from the list.", field=name)
            found[name] = str(change[name])
    for name in ("add_tags", "remove_tags"):
        tags = list(dict.fromkeys(checked_tag(tag) for tag in change.get(name, ())))
        if tags:
            found[name] = tags
    if set(found.get("add_tags", ())) & set(found.get("remove_tags", ())):
        raise UnknownValue("A tag cannot come and go at once.", field="remove_tags")
    return found | _checked_people(change)


def _checked_people(change: Change) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "assign_to" in change:
        agent_id = change["assign_to"]
        if agent_id is not None and named(agent_id) is None:
            raise NobodyThere("Choose somebody who works on tickets.", field="assign_to")
        found["assign_to"] = agent_id
    if "team_id" in change:
        team = change["team_id"] and db.session.get(SupportTeam, change["team_id"])
        if change["team_id"] is not None and (team is None or team.archived_at is not None):
            raise NoSuchTeam("This team takes no tickets.", field="team_id")
        found["team_id"] = change["team_id"]
    return found


def change_in_words(change: Change) -> list[str]:
    """Each part of it as the end of a sentence: `sets the priority to high`."""
    words = [
        f"sets the {name} to {str(change[name]).replace('_', ' ')}"
        for name in LISTS
        if name in change
    ]
    if "assign_to" in change:
        words.append(_assigning(change["assign_to"]))
    if "team_id" in change:
        words.append(_moving(change["team_id"]))
    for name, verb in (("add_tags", "adds"), ("remove_tags", "removes")):
        tags = change.get(name, ())
        if tags:
            words.append(f"{verb} the tag{'s' if len(tags) > 1 else ''} {', '.join(tags)}")
    return words


def _assigning(agent_id: int | None) -> str:
    if agent_id is None:
        return "takes it from whoever has it"
    person = db.session.get(Admin, agent_id)
    return f"gives it to {person.name if person else 'somebody who left'}"


def _moving(team_id: int | None) -> str:
    if team_id is None:
        return "takes it out of its team"
    team = db.session.get(SupportTeam, team_id)
    return f"moves it to the team {team.name if team else 'that is gone'}"


def sentence(parts: list[str]) -> str:
    """The parts as one sentence."""
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."
