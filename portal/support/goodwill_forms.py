"""What a browser may submit about goodwill."""

from typing import Any

from wtforms import HiddenField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs
from wtforms.validators import InputRequired, Length, Optional
from wtforms.validators import ValidationError as Wrong

from portal.catalog.snapshot import Catalog
from portal.core.currencies import amount_text, minor_units
from portal.support.goodwill_budgets import Limits
from portal.support.goodwill_kinds import can_be_more
from portal.support.goodwill_terms import (
    ALONE_DAYS,
    ALONE_PERCENT,
    LONGEST_REASON,
    Wanted,
)
from portal.support.goodwill_words import GestureKind
from portal.web.forms import PortalForm, VersionedForm

NUMERIC = {"inputmode": "numeric", "autocomplete": "off"}
MONEY = {"inputmode": "decimal", "autocomplete": "off"}


AT_FIRST = {"kind": GestureKind.COUPON.value, "percent": 10, "feature_days": 7, "trial_days": 7}
"""What a form proposes that nobody filled in yet."""


class GestureForm(PortalForm):
    """The four kinds on one form; the fields of the others than the chosen one count nothing."""

    submit_key = HiddenField(validators=[Length(max=64)])
    view = HiddenField()
    kind = RadioField("What", [InputRequired("Choose what to give.")], choices=[])
    percent = IntegerField(
        "Percent off the next invoice",
        [Optional()],
        description=f"Up to {ALONE_PERCENT} % alone. The code is for this customer, once, "
        "within 30 days.",
        render_kw=NUMERIC,
    )
    feature_name = SelectField("Feature", [Optional()])
    feature_days = IntegerField(
        "Days",
        [Optional()],
        description=f"Up to {ALONE_DAYS} alone.",
        render_kw=NUMERIC,
    )
    counted_name = SelectField("Limit of", [Optional()])
    amount = IntegerField(
        "How many more",
        [Optional()],
        description="They can be used within 30 days, after those of the plan.",
        render_kw=NUMERIC,
    )
    trial_days = IntegerField(
        "Days longer",
        [Optional()],
        description=f"Up to {ALONE_DAYS} alone, while the trial runs.",
        render_kw=NUMERIC,
    )
    reason = TextAreaField(
        "Reason",
        [Length(max=LONGEST_REASON)],
        description="For our own people.",
        render_kw={"rows": 2},
    )

    OTHER_NAMES = {  # noqa: RUF012 - WTForms takes what is annotated for a field
        ("feature", "days"): "feature_days",
        ("quota", "feature_name"): "counted_name",
        ("trial", "days"): "trial_days",
    }
    """What the form calls the terms that several kinds have."""

    def offer(self, catalog: Catalog, *, has_trial: bool) -> None:
        """What this customer can be given."""
        kinds = [kind for kind in GestureKind if has_trial or kind is not GestureKind.TRIAL]
        self.kind.choices = [SelectChoice(kind.value, kind.label) for kind in kinds]
        present = [one for one in catalog.features.values() if not one.is_archived]
        present.sort(key=lambda one: (one.display_name or one.name).casefold())
        for field, features in (
            (self.feature_name, present),
            (self.counted_name, [one for one in present if can_be_more(one)]),
        ):
            named = [SelectChoice(one.name, one.display_name or one.name) for one in features]
            field.choices = [SelectChoice("", "Choose…"), *named]

    def wanted(self) -> Wanted:
        """Of the chosen kind alone."""
        kind, data = GestureKind(self.kind.data), self.data
        names = {
            GestureKind.COUPON: ("percent",),
            GestureKind.FEATURE: ("feature_name", "days"),
            GestureKind.QUOTA: ("feature_name", "amount"),
            GestureKind.TRIAL: ("days",),
        }[kind]
        terms = {name: data[self._called(kind, name)] or None for name in names}
        return Wanted(kind, **terms)

    def add_refusal(self, error: Any) -> None:
        """At the field of the chosen kind."""
        if error.field is not None:
            error.field = self._called(GestureKind(self.kind.data), error.field)
        super().add_refusal(error)

    def _called(self, kind: GestureKind, name: str) -> str:
        return self.OTHER_NAMES.get((kind.value, name), name)


class DecisionForm(PortalForm):
    """Why, for the log and for whoever asked."""

    reason = StringField("Reason", [Length(max=LONGEST_REASON)])


class BudgetForm(VersionedForm):
    """Amounts in the currency of the plans, as people write them."""

    monthly_cents = StringField(
        "Budget a month", [InputRequired("Enter an amount.")], render_kw=MONEY
    )
    cap_cents = StringField(
        "Most of one gesture",
        [InputRequired("Enter an amount.")],
        description="More than this somebody else approves.",
        render_kw=MONEY,
    )
    tenant_cents = StringField(
        "Most to one customer a month",
        [InputRequired("Enter an amount.")],
        description="Whoever gives.",
        render_kw=MONEY,
    )

    @classmethod
    def of(cls, limits: Limits, currency: str, *, version: int, has_tenant: bool) -> "BudgetForm":
        """Filled with what counts now, unless it was sent."""
        form = cls(
            data={
                "version": str(version),
                "monthly_cents": amount_text(limits.monthly_cents, currency),
                "cap_cents": amount_text(limits.cap_cents, currency),
                "tenant_cents": amount_text(limits.tenant_cents, currency),
            }
        )
        form.currency = currency
        if not has_tenant:
            del form.tenant_cents
        return form

    currency = "USD"

    def validate_monthly_cents(self, field: Any) -> None:
        self._cents(field)

    def validate_cap_cents(self, field: Any) -> None:
        self._cents(field)

    def validate_tenant_cents(self, field: Any) -> None:
        self._cents(field)

    def values(self) -> dict[str, int]:
        """In minor units, by the names of the deed."""
        names = ("monthly_cents", "cap_cents", "tenant_cents")
        return {name: self._cents(self[name]) if name in self else 0 for name in names}

    def expected_version(self) -> int:
        """-1 when it was tampered with: 0 says that there is none yet."""
        text = self.version.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1

    def _cents(self, field: Any) -> int:
        try:
            return minor_units(field.data or "", self.currency)
        except ValueError:
            raise Wrong("Use an amount, such as 150.00.") from None
