"""What a browser may ask the simulator."""

from collections.abc import Iterable

from wtforms import BooleanField, IntegerField, RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs
from wtforms.validators import InputRequired, Length, NumberRange

from portal.core.currencies import known_currencies, minor_units
from portal.core.errors import DomainError
from portal.coupons.simulating import (
    LARGEST_AMOUNT,
    MOST_CODES,
    MOST_LINES,
    BillingInterval,
    Line,
    Question,
)
from portal.coupons.term_fields import price_field
from portal.web.forms import PortalForm
from portal.web.urls import LARGEST_ID

CHOOSE = "Find a customer and choose them."
LONGEST_LABEL = 120
TYPED_AT = {"price_cents": "price", "tenant_id": "tenant"}
ROWS = {"rows": 3, "spellcheck": "false", "autocomplete": "off"}


class SimulationForm(PortalForm):
    """Who would buy what, with which codes. It only asks: it is an address that can be shared."""

    class Meta(PortalForm.Meta):
        csrf = False

    tenant = IntegerField("Customer", [InputRequired(CHOOSE), NumberRange(1, LARGEST_ID, CHOOSE)])
    plan = SelectField("Plan", [InputRequired("Choose a plan.")])
    interval = RadioField(
        "Paid",
        choices=[
            SelectChoice(BillingInterval.MONTH.value, "Every month"),
            SelectChoice(BillingInterval.YEAR.value, "Every year"),
        ],
        default=BillingInterval.MONTH.value,
    )
    codes = TextAreaField(
        "Codes, in order",
        [Length(max=2_000)],
        description=f"One a line, up to {MOST_CODES}. The order counts.",
        render_kw=ROWS,
    )
    is_first_time = BooleanField("It is their first purchase")
    price = price_field("Another price", "Empty: as the catalogue says.")
    currency = SelectField("Currency", default="")
    lines = TextAreaField(
        "Further lines",
        [Length(max=4_000)],
        description="One a line, such as: Five more seats 25.00. Each comes every period.",
        render_kw=ROWS,
    )

    def offer(self, plans: Iterable[tuple[str, str]]) -> None:
        self.plan.choices = [
            SelectChoice("", "Choose…"),
            *(SelectChoice(name, label) for name, label in plans),
        ]
        self.currency.choices = [
            SelectChoice("", "Of the plan"),
            *(SelectChoice(code, code) for code in sorted(known_currencies())),
        ]

    def question(self, plan_currency: str) -> Question:
        """
        Raises:
            DomainError: an amount cannot be read.
        """
        currency = self.currency.data or plan_currency
        price, lines = self.price.data, _lines_of(self.lines.data or "")
        return Question(
            tenant_id=self.tenant.data or 0,
            plan=self.plan.data,
            codes=tuple(_lines_of(self.codes.data or "")),
            interval=BillingInterval(self.interval.data),
            currency=currency,
            price_cents=_cents(price, currency, "price") if price else None,
            extras=tuple(_line(text, currency) for text in lines[: MOST_LINES + 1]),
            is_first_time=bool(self.is_first_time.data),
        )

    def add_refusal(self, error: DomainError) -> None:
        error.field = TYPED_AT.get(error.field or "", error.field)
        super().add_refusal(error)

    @property
    def has_more(self) -> bool:
        """Was anything typed, or wrong, of what is seldom needed?"""
        return any(one.data or one.errors for one in (self.price, self.currency, self.lines))


def _lines_of(text: str) -> list[str]:
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line]


def _line(text: str, currency: str) -> Line:
    label, _, amount = text.rpartition(" ")
    if not label.strip():
        raise DomainError("Write what it is, then what it costs.", field="lines")
    return Line(label.strip()[:LONGEST_LABEL], _cents(amount, currency, "lines"))


def _cents(text: str, currency: str, field: str) -> int:
    try:
        cents = minor_units(text, currency) if len(text) <= 40 else -1
    except ValueError:
        cents = -1
    if not 0 <= cents <= LARGEST_AMOUNT:
        raise DomainError(f"“{text[:40]}” is no amount in {currency}.", field=field)
    return cents
