"""What a browser may submit about agents and teams."""

from wtforms import (
    BooleanField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from portal.support.agents import LONGEST_SIGNATURE, MOST_CAPACITY, Profile
from portal.support.shifts import DAYS, read_week
from portal.support.teams import LONGEST_NAME, Terms
from portal.support.words import Category, Strategy
from portal.web.forms import PortalForm, SeenForm

CATEGORIES = [SelectChoice(category.value, category.label) for category in Category]
STRATEGIES = [
    SelectChoice(Strategy.MANUAL.value, "Manual: agents take them"),
    SelectChoice(Strategy.ROUND_ROBIN.value, "Round robin: whoever waited longest"),
    SelectChoice(Strategy.LEAST_LOADED.value, "Least loaded: whoever has most room"),
]
OFF = {"autocomplete": "off"}
LONGEST_LANGUAGES = 60
LONGEST_HOURS = 80


class Ticks(SelectMultipleField):
    """Boxes to tick, however many."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def _hours(day: str) -> StringField:
    return StringField(f"Hours on {day.capitalize()}", [Length(max=LONGEST_HOURS)], render_kw=OFF)


class AgentForm(SeenForm):
    capacity = IntegerField(
        "Capacity",
        [InputRequired("Say how many tickets."), NumberRange(0, MOST_CAPACITY)],
        description="Open tickets at a time. One on hold counts as half, a pending one as a "
        "quarter. With 0 nothing comes by itself.",
        render_kw={**OFF, "min": "0", "max": str(MOST_CAPACITY), "inputmode": "numeric"},
    )
    skills = Ticks("Categories", choices=CATEGORIES, description="None ticked: every category.")
    languages = StringField(
        "Languages",
        [Length(max=LONGEST_LANGUAGES)],
        description="Two-letter codes, such as en, de.",
        render_kw=OFF,
    )
    ignores_shifts = BooleanField(
        "Takes tickets at any hour", description="Otherwise only within the hours below."
    )
    monday, tuesday, wednesday = _hours(DAYS[0]), _hours(DAYS[1]), _hours(DAYS[2])
    thursday, friday = _hours(DAYS[3]), _hours(DAYS[4])
    saturday, sunday = _hours(DAYS[5]), _hours(DAYS[6])

    def profile(self) -> Profile:
        """What was submitted.

        Raises:
            BadShifts: hours that cannot be read.
        """
        words = str(self.languages.data or "").replace(",", " ").split()
        return Profile(
            capacity=int(self.capacity.data or 0),
            skills=list(self.skills.data or ()),
            languages=words,
            shifts=read_week({day: str(self[day].data or "") for day in DAYS}),
            ignores_shifts=bool(self.ignores_shifts.data),
        )


class SignatureForm(PortalForm):
    signature = TextAreaField(
        "Signature",
        [Length(max=LONGEST_SIGNATURE)],
        description="Stands below every reply to a customer.",
        render_kw={"rows": 3},
    )


class TeamForm(SeenForm):
    name = StringField(
        "Name", [InputRequired("Write a name."), Length(max=LONGEST_NAME)], render_kw=OFF
    )
    strategy = RadioField(
        "How tickets find an agent", choices=STRATEGIES, default=Strategy.MANUAL.value
    )
    is_sticky = BooleanField(
        "Customers meet the agent they know",
        description="Whoever had the customer's last ticket within 30 days comes first.",
    )
    is_default = BooleanField("Tickets that name no team come here")
    categories = Ticks(
        "Categories", choices=CATEGORIES, description="Tickets of these come here by themselves."
    )
    lead_id = SelectField("Lead", choices=[])
    member_ids = Ticks("Members", choices=[], coerce=int)
    idle_minutes = IntegerField(
        "Idle minutes",
        [Optional()],
        description="A ticket on which no agent does anything for so many open minutes while its "
        "customer waits is nobody's again. Empty: it stays with its agent.",
    )

    def offer(self, agents: list[tuple[int, str]]) -> "TeamForm":
        """Whom one may choose: agents by id and name."""
        people = [SelectChoice(str(agent_id), name) for agent_id, name in agents]
        self.lead_id.choices = [SelectChoice("", "Nobody"), *people]
        self.member_ids.choices = [SelectChoice(agent_id, name) for agent_id, name in agents]
        return self

    def terms(self) -> Terms:
        """What was submitted."""
        lead = str(self.lead_id.data or "")
        return Terms(
            name=str(self.name.data or ""),
            strategy=str(self.strategy.data),
            is_sticky=bool(self.is_sticky.data),
            is_default=bool(self.is_default.data),
            categories=list(self.categories.data or ()),
            lead_id=int(lead) if lead else None,
            member_ids=list(self.member_ids.data or ()),
            idle_minutes=self.idle_minutes.data,
        )
