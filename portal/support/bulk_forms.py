"""What a browser may submit to change many tickets at once."""

from typing import Any

from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs
from wtforms.validators import Length

from portal.support.agent_list import agent_choices, team_choices
from portal.support.change_words import CHOOSABLE
from portal.support.words import Category, Priority
from portal.web.forms import PortalForm

AS_IT_IS = SelectChoice("", "Leave as it is")
NONE = "none"
LONGEST_TAGS = 400
TAGS = {"autocomplete": "off", "spellcheck": "false"}


def _lists(kinds: Any) -> list[SelectChoice]:
    return [AS_IT_IS, *(SelectChoice(one.value, one.label) for one in kinds)]


class ChangeForm(PortalForm):
    """The fields that a change of many tickets and a macro set. Empty leaves as it is."""

    status = SelectField("Status", choices=_lists(CHOOSABLE), default="")
    priority = SelectField("Priority", choices=_lists(Priority), default="")
    category = SelectField("Category", choices=_lists(Category), default="")
    assign_to = SelectField("Assignee", default="")
    team_id = SelectField("Team", default="")
    add_tags = StringField(
        "Add tags",
        [Length(max=LONGEST_TAGS)],
        description="Words with spaces between.",
        render_kw=TAGS,
    )
    remove_tags = StringField("Remove tags", [Length(max=LONGEST_TAGS)], render_kw=TAGS)

    def offer(self) -> "ChangeForm":
        """Fill the lists of people and teams."""
        people, teams = agent_choices(), team_choices()
        self.assign_to.choices = _people("Nobody", people)
        self.team_id.choices = _people("No team", teams)
        return self

    def change(self) -> dict[str, Any]:
        """What was set, as a deed takes it."""
        lists = {name: self[name].data for name in ("status", "priority", "category")}
        found: dict[str, Any] = {name: value for name, value in lists.items() if value}
        for name in ("assign_to", "team_id"):
            chosen = self[name].data
            if chosen:
                found[name] = None if chosen == NONE else int(chosen)
        for name in ("add_tags", "remove_tags"):
            tags = (self[name].data or "").replace(",", " ").split()
            if tags:
                found[name] = tags
        return found


def _people(nobody: str, choices: list[tuple[int, str]]) -> list[SelectChoice]:
    named = (SelectChoice(str(number), name) for number, name in choices)
    return [AS_IT_IS, SelectChoice(NONE, nobody), *named]
