"""What a browser may submit about coupons."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from wtforms import (
    BooleanField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs
from wtforms.form import FormMeta
from wtforms.validators import InputRequired, Length, Optional

from portal.core import clock
from portal.core.currencies import amount_text, known_currencies
from portal.coupons.amounts import BadAmount, basis_points_of, cents_of, percent_input
from portal.coupons.deciding_forms import AskingForm
from portal.coupons.tenant_names import MOST, lines_of, tenants_named
from portal.coupons.term_fields import DECIMAL, OFF, Ticks, count_field, price_field
from portal.coupons.terms import LONGEST_DESCRIPTION, MOST_MONTHS, MOST_PERIODS, Duration, Terms
from portal.web.moments import MomentField, as_local

PERCENT, AMOUNT = "percent", "amount"
EVERYBODY, NAMED = "everybody", "named"
ANOTHER = "another"
BEFORE_PRICES = ("description", "kind", "percent")
MONTHS = "months"
"""A repeating one that counts them: for a person, a length of its own."""


class TermsForm(AskingForm):
    """What a coupon says. `with_prices` adds two fields for each currency that is known."""

    currencies: tuple[str, ...] = ()

    description = StringField(
        "Description",
        [Length(max=LONGEST_DESCRIPTION)],
        description="For your colleagues: customers never see it.",
        render_kw=OFF,
    )
    kind = RadioField(
        "It takes off",
        choices=[SelectChoice(PERCENT, "A share of the price"), SelectChoice(AMOUNT, "An amount")],
        default=PERCENT,
    )
    percent = StringField("Per cent", description="Such as 20 or 12.5.", render_kw=DECIMAL)
    another = SelectField("Currency", validate_choice=False)
    amount_another = price_field("Amount off")
    least_another = price_field("Least price")
    duration = RadioField(
        "For how long",
        choices=[
            SelectChoice(Duration.ONCE.value, "Once: the first period"),
            SelectChoice(Duration.REPEATING.value, "For a number of periods"),
            SelectChoice(MONTHS, "For a number of months"),
            SelectChoice(Duration.FOREVER.value, "For ever: every period"),
        ],
        default=Duration.ONCE.value,
    )
    periods = count_field("Periods", "Months or years, as the customer pays.", MOST_PERIODS)
    months = count_field(
        "Months",
        "From the start of the first paid period. What begins within them is discounted whole.",
        MOST_MONTHS,
    )
    carry_remaining = BooleanField(
        "What is left of the amount goes on to the next invoices",
        description="Counts for an amount that is taken off once. Otherwise the rest is lost.",
    )
    starts_at = MomentField("From", [Optional()], description="Empty: at once.")
    redeem_by = MomentField(
        "Until",
        [Optional()],
        description="Empty: without an end. What was redeemed before goes on.",
    )
    max_redemptions = count_field("Uses in all", "Empty: no limit.")
    max_per_tenant = count_field("Uses for each tenant", "Empty: one.")
    max_per_user = count_field("Uses for each user", "Empty: no limit.")
    plans = Ticks("Plans", description="None ticked: every plan.")
    is_first_time_only = BooleanField("Only for a first purchase")
    is_stackable = BooleanField("Goes together with other coupons that allow it")

    def prices(self) -> list[tuple[str, Any, Any]]:
        """Each known currency, with the fields of its amount (None: frozen) and least price."""
        return [
            (currency, self._fields.get(f"amount_{currency}"), self[f"least_{currency}"])
            for currency in self.currencies
        ]

    def offer(self, plans: Iterable[tuple[str, str]]) -> None:
        self.plans.choices = [SelectChoice(name, label) for name, label in plans]
        rest = sorted(known_currencies() - set(self.currencies))
        self.another.choices = [SelectChoice("", "None"), *(SelectChoice(c, c) for c in rest)]

    def freeze(self) -> None:
        """What it is worth stays: it was redeemed."""
        amounts = [name for name in self._fields if name.startswith("amount_")]
        for name in ("kind", "percent", "duration", "periods", MONTHS, "carry_remaining", *amounts):
            del self[name]

    def validate(self, extra_validators: Any = None) -> bool:
        super().validate(extra_validators)
        for prefix in ("amount", "least") if self.has_amounts else ("least",):
            for name, currency in self._priced(prefix):
                self._read(name, cents_of, currency)
        if self.kind and self.kind.data == PERCENT:
            self._read("percent", basis_points_of)
        if self.has_amounts and not any(self[name].data for name, _ in self._priced("amount")):
            self._complain(self._priced("amount")[0][0], "Enter an amount in one currency or more.")
        if self.duration and self._counts(Duration.REPEATING) and self.periods.data is None:
            self._complain("periods", "Say for how many periods.")
        if self.duration and self._counts(MONTHS) and self.months.data is None:
            self._complain("months", "Say for how many months.")
        return not self.errors

    def terms(self, now: Terms) -> Terms:
        """As typed, when the form is valid; what has no field stays as it is now."""
        values: dict[str, Any] = {
            "description": self.description.data or "",
            "starts_at": _to_the_second(self.starts_at.data, now.starts_at),
            "redeem_by": _to_the_second(self.redeem_by.data, now.redeem_by),
            "max_redemptions": self.max_redemptions.data,
            "max_per_tenant": self.max_per_tenant.data or 1,
            "max_per_user": self.max_per_user.data,
            "plans": tuple(self.plans.data or ()),
            "min_amounts": self._amounts("least"),
            "is_first_time_only": bool(self.is_first_time_only.data),
            "is_stackable": bool(self.is_stackable.data),
        }
        if self.kind:
            is_share = self.kind.data == PERCENT
            values |= {
                "basis_points": basis_points_of(self.percent.data or "") if is_share else None,
                "amounts": {} if is_share else self._amounts("amount"),
                "duration": Duration.REPEATING.value
                if self._counts(MONTHS)
                else self.duration.data,
                "periods": self.periods.data if self._counts(Duration.REPEATING) else None,
                "months": self.months.data if self._counts(MONTHS) else None,
                "carry_remaining": bool(self.carry_remaining.data and self._may_carry),
            }
        return replace(now, **values)

    @property
    def has_amounts(self) -> bool:
        return bool(self.kind and self.kind.data == AMOUNT)

    def _counts(self, what: str) -> bool:
        return bool(self.duration.data == what)

    @property
    def _may_carry(self) -> bool:
        return bool(self.has_amounts and self.duration.data == Duration.ONCE)

    def _priced(self, prefix: str) -> list[tuple[str, str]]:
        """The fields of amounts, each with its currency; the last is empty where none is chosen."""
        known = [(f"{prefix}_{currency}", currency) for currency in self.currencies]
        return [*known, (f"{prefix}_{ANOTHER}", self.another.data or "")]

    def _amounts(self, prefix: str) -> dict[str, int]:
        typed = ((self[name].data, currency) for name, currency in self._priced(prefix))
        return {currency: cents_of(text, currency) for text, currency in typed if text}

    def _read(self, name: str, read: Any, *more: str) -> None:
        text = self[name].data
        if not text and name != "percent":
            return
        if more and more[0] not in known_currencies():
            self._complain(ANOTHER, "Choose the currency of these amounts.")
            return
        try:
            read(text or "", *more)
        except BadAmount as error:
            self._complain(name, str(error))

    def _complain(self, name: str, message: str) -> None:
        field = self[name]
        if message not in field.errors:
            field.errors = [*field.errors, message]


class AudienceForm(TermsForm):
    """The terms, and whom they are for. Who makes a coupon wants one that can be used."""

    audience = RadioField(
        "For whom",
        choices=[
            SelectChoice(EVERYBODY, "Everybody who knows the code"),
            SelectChoice(NAMED, "Only the tenants that I name"),
        ],
        default=EVERYBODY,
    )
    tenants = TextAreaField(
        "Tenants",
        [Length(max=400_000)],
        description="One a line: the external id or the whole name.",
        render_kw={"rows": 4, "spellcheck": "false"},
    )

    def validate(self, extra_validators: Any = None) -> bool:
        super().validate(extra_validators)
        if self.audience and self.audience.data == NAMED:
            lines = lines_of(self.tenants.data or "")
            for fault in _faults(lines):
                self._complain("tenants", fault)
        if self.audience and self.redeem_by.data and self.redeem_by.data <= clock.now():
            self._complain("redeem_by", "Let it end at an instant ahead.")
        return not self.errors

    def terms(self, now: Terms) -> Terms:
        found = super().terms(now)
        return replace(found, is_public=self.audience.data == EVERYBODY) if self.audience else found

    def tenant_ids(self) -> tuple[int, ...]:
        is_named = self.audience.data == NAMED
        return tenants_named(lines_of(self.tenants.data or "")).ids if is_named else ()


class CouponForm(AudienceForm):
    """A new coupon; of one that exists, the code and whom it is for are settled."""

    leading = ("code", *BEFORE_PRICES)
    code = StringField(
        "Code",
        [InputRequired("Write a code."), Length(max=64)],
        description="Up to 40 letters, digits and dashes. It cannot be changed later.",
        render_kw={**OFF, "autocapitalize": "characters"},
    )

    def settle(self) -> None:
        for name in ("code", "audience", "tenants"):
            del self[name]


@lru_cache(maxsize=64)
def with_prices(form: type[TermsForm], currencies: tuple[str, ...]) -> Any:
    """The form with an amount and a least price in each of these currencies."""
    fields: dict[str, Any] = {}
    for currency in currencies:
        fields[f"amount_{currency}"] = price_field(f"Amount off in {currency}")
        fields[f"least_{currency}"] = price_field(f"Least price in {currency}")
    settled = {"currencies": currencies, "leading": (*form.leading, *fields)}
    return FormMeta(form.__name__, (form,), fields | settled)


def values_of(terms: Terms) -> dict[str, Any]:
    """What the form shows of terms that stand."""
    names = set(Terms.__slots__) - {"basis_points", "amounts", "min_amounts", "is_public", "plans"}
    share = terms.basis_points
    return {
        **{name: getattr(terms, name) for name in names},
        "duration": MONTHS if terms.months else terms.duration,
        "kind": AMOUNT if terms.amounts else PERCENT,
        "percent": percent_input(share) if share else "",
        "plans": list(terms.plans),
        "audience": EVERYBODY if terms.is_public else NAMED,
        **_texts("amount", terms.amounts),
        **_texts("least", terms.min_amounts),
    }


def _texts(prefix: str, amounts: Mapping[str, int]) -> dict[str, str]:
    return {f"{prefix}_{currency}": amount_text(c, currency) for currency, c in amounts.items()}


def _to_the_second(typed: datetime | None, now: datetime | None) -> datetime | None:
    """A browser shows minutes: what nobody touched keeps its seconds."""
    if typed is not None and now is not None and as_local(typed) == as_local(now):
        return now
    return typed


def _faults(lines: list[str]) -> tuple[str, ...]:
    if not lines:
        return ("Name one tenant or more.",)
    return tenants_named(lines).faults if len(lines) <= MOST else (f"Name at most {MOST:,}.",)
