"""What a browser may submit about features and plans."""

from collections.abc import Iterable

from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp
from wtforms.validators import ValidationError as Wrong

from portal.catalog.features import NAME, FeatureTerms
from portal.catalog.models import FeatureCategory
from portal.catalog.overview import CATEGORIES
from portal.catalog.plan_rules import HIGHEST_LEVEL, HIGHEST_QUOTA
from portal.catalog.plans import PlanTerms
from portal.catalog.snapshot import Allowance, Feature, Interval, PlanFeature
from portal.core.currencies import amount_text, known_currencies, minor_units
from portal.web.forms import PortalForm, VersionedForm
from portal.web.texts import LONGEST_REASON

NUMERIC = {"inputmode": "numeric", "autocomplete": "off"}
NAME_HINT = "Small letters, digits, dot, dash and underscore. It never changes."
INTERVALS = [
    SelectChoice(Interval.HOUR.value, "Every hour"),
    SelectChoice(Interval.DAY.value, "Every day"),
    SelectChoice(Interval.WEEK.value, "Every week"),
    SelectChoice(Interval.MONTH.value, "Every month"),
    SelectChoice(Interval.QUARTER.value, "Every quarter"),
    SelectChoice(Interval.YEAR.value, "Every year"),
    SelectChoice(Interval.NEVER.value, "Never: it is counted, not consumed"),
]
SHELVES = [SelectChoice(value, label) for value, label in CATEGORIES]
SAYS = [
    SelectChoice("level", "By level"),
    SelectChoice("included", "Included"),
    SelectChoice("excluded", "Excluded"),
]


class SavedOnceSeen(VersionedForm):
    """A form whose effect on customers is shown before it is saved."""

    previewed = HiddenField()
    """Stands for the effect that was shown last (`portal.catalog.effects.mark_of`)."""


class Named(PortalForm):
    """Stands before the forms that take it, so that its field is drawn first."""

    name = StringField(
        "Name",
        [InputRequired("Enter a name."), Regexp(f"^{NAME}$", message=NAME_HINT)],
        description=NAME_HINT,
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )


def _label_field() -> StringField:
    return StringField("Label", [InputRequired("Enter what people read."), Length(max=120)])


def _whole(label: str, most: int, hint: str = "") -> IntegerField:
    return IntegerField(
        label,
        [Optional(), NumberRange(0, most, f"Use a whole number from 0 to {most:,}.")],
        description=hint,
        render_kw=NUMERIC,
    )


class FeatureForm(SavedOnceSeen):
    display_name = _label_field()
    description = TextAreaField("Description", [Length(max=500)], render_kw={"rows": 2})
    category = SelectField("Category", choices=SHELVES, default=FeatureCategory.OTHER.value)
    min_plan_level = IntegerField(
        "Lowest plan level",
        [InputRequired("Enter a level."), NumberRange(0, HIGHEST_LEVEL)],
        default=0,
        description="Plans of this level or above have it unless they say otherwise.",
        render_kw=NUMERIC,
    )
    is_default = BooleanField(
        "On by default", description="Everybody has it unless a plan or a grant says otherwise."
    )
    is_metered = BooleanField("Counted", description="Plans and grants may limit how much.")
    unit = StringField(
        "Unit", [Length(max=40)], description="What is counted, in the singular: quote, seat, GB."
    )
    interval = SelectField(
        "Starts anew", choices=INTERVALS, default=Interval.MONTH.value, description="Its limits."
    )

    def validate_unit(self, field: StringField) -> None:
        if self.is_metered.data and not field.data:
            raise Wrong("Say what is counted.")

    def terms(self) -> FeatureTerms:
        return FeatureTerms(
            display_name=self.display_name.data or "",
            description=self.description.data or "",
            category=str(self.category.data),
            is_default=bool(self.is_default.data),
            min_plan_level=int(self.min_plan_level.data or 0),
            is_metered=bool(self.is_metered.data),
            unit=self.unit.data or None,
            interval=Interval(self.interval.data),
        )


class NewFeatureForm(FeatureForm, Named):
    """A feature that does not exist yet."""


class PlanForm(SavedOnceSeen):
    display_name = _label_field()
    description = TextAreaField("Description", [Length(max=500)], render_kw={"rows": 2})
    level = IntegerField(
        "Level",
        [InputRequired("Enter a level."), NumberRange(0, HIGHEST_LEVEL)],
        description="It has what asks for this level or a lower one, unless it says otherwise.",
        render_kw=NUMERIC,
    )
    currency = StringField(
        "Currency",
        [InputRequired("Enter a currency.")],
        default="USD",
        description="Three letters, as USD.",
        render_kw={"maxlength": 3, "autocapitalize": "characters", "autocomplete": "off"},
    )
    monthly_price = StringField(
        "Price a month",
        [Length(max=20)],
        description="As 29.00. Empty: by agreement.",
        render_kw={"inputmode": "decimal", "autocomplete": "off"},
    )
    annual_price = StringField(
        "Price a year",
        [Length(max=20)],
        description="As 290.00. Empty: by agreement.",
        render_kw={"inputmode": "decimal", "autocomplete": "off"},
    )
    includes_all = BooleanField(
        "Includes everything", description="Also what will be added later, unless excluded."
    )

    def validate_currency(self, field: StringField) -> None:
        field.data = (field.data or "").upper()
        if field.data not in known_currencies():
            raise Wrong("There is no such currency.")

    def validate_monthly_price(self, field: StringField) -> None:
        self._cents(field)

    def validate_annual_price(self, field: StringField) -> None:
        self._cents(field)

    def _cents(self, field: StringField) -> int | None:
        if not field.data:
            return None
        currency = (self.currency.data or "").upper()
        try:
            return minor_units(field.data, currency)
        except ValueError:
            raise Wrong(f"Use an amount such as {amount_text(2900, currency)}.") from None

    def terms(self, features: dict[str, PlanFeature]) -> PlanTerms:
        return PlanTerms(
            display_name=self.display_name.data or "",
            level=int(self.level.data or 0),
            description=self.description.data or "",
            currency=str(self.currency.data),
            monthly_price_cents=self._cents(self.monthly_price),
            annual_price_cents=self._cents(self.annual_price),
            includes_all=bool(self.includes_all.data),
            features=features,
        )


class NewPlanForm(PlanForm, Named):
    like = SelectField(
        "Begin with the features of",
        validators=[Optional()],
        description="Each is changed on the plan's page afterwards.",
    )

    def offer(self, plans: Iterable[tuple[str, str]]) -> None:
        named = (SelectChoice(name, label) for name, label in plans)
        self.like.choices = [SelectChoice("", "No plan: by level alone"), *named]


class CellForm(SavedOnceSeen):
    """What one plan says of one feature."""

    said = RadioField(
        "On this plan",
        [InputRequired("Choose one.")],
        choices=SAYS,
    )
    limit = _whole("Limit", HIGHEST_QUOTA, "Empty: unlimited.")
    interval = SelectField("Starts anew", choices=INTERVALS)
    is_soft = BooleanField("Soft", description="It may be passed; what is above is overage.")
    overage_cap = _whole("Passed by at most", HIGHEST_QUOTA, "Empty: without end.")
    rollover_min = _whole("Goes over at least", HIGHEST_QUOTA)
    rollover_max = _whole(
        "Goes over at most", HIGHEST_QUOTA, "What of the rest the next period gets."
    )

    def offer(self, feature: Feature) -> None:
        usual = next(one.label for one in INTERVALS if one.value == feature.interval)
        own = SelectChoice("", f"As the feature says: {usual.lower()}")
        self.interval.choices = [own, *INTERVALS]

    def entry(self) -> PlanFeature | None:
        if self.said.data == "level":
            return None
        if self.said.data == "excluded":
            return PlanFeature(is_included=False)
        if self.limit.data is None:
            return PlanFeature(is_included=True, allowance=Allowance(is_unlimited=True))
        allowance = Allowance(
            is_unlimited=False,
            limit=self.limit.data,
            interval=Interval(self.interval.data) if self.interval.data else None,
            is_soft=bool(self.is_soft.data),
            overage_cap=self.overage_cap.data,
            rollover_min=self.rollover_min.data or 0,
            rollover_max=self.rollover_max.data or 0,
        )
        return PlanFeature(is_included=True, allowance=allowance)


def cell_values(said: PlanFeature | None) -> dict[str, object]:
    """What the form shows of what stands now."""
    if said is None:
        return {"said": "level"}
    if not said.is_included:
        return {"said": "excluded"}
    given = said.allowance
    if given is None or given.is_unlimited:
        return {"said": "included"}
    return {
        "said": "included",
        "limit": given.limit,
        "interval": given.interval.value if given.interval else "",
        "is_soft": given.is_soft,
        "overage_cap": given.overage_cap,
        "rollover_min": given.rollover_min,
        "rollover_max": given.rollover_max,
    }


class ReasonForm(PortalForm):
    reason = TextAreaField(
        "Reason",
        [InputRequired("Say why."), Length(max=LONGEST_REASON)],
        description="The audit log keeps it.",
        render_kw={"rows": 2},
    )
