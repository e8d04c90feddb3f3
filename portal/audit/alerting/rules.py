"""The rules of alerts: what they may say, and who changed them."""

from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from portal.audit.actions import Action, Outcome, Severity
from portal.audit.ledger import Target, record
from portal.audit.models import AlertRule, GroupBy
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db, take_turns
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.roles import Role
from portal.core.staleness import Stale
from portal.core.text import one_line

LONGEST_NAME = 80
MOST_RULES = 100
LOCK = 0xA0D1_0003
LARGEST_THRESHOLD = 10_000
LONGEST_WINDOW = 24 * 60
LONGEST_QUIET = 7 * 24 * 60


class BadRule(DomainError):
    """A rule that could never be met, or is a second one of its name."""

    title = "Change the rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTerms:
    """What a person decides about a rule. Windows are in minutes."""

    name: str
    actions: tuple[str, ...] = ()
    outcome: str | None = None
    lowest_severity: str | None = None
    role: str | None = None
    threshold: int = 1
    minutes: int = 5
    group_by: GroupBy = GroupBy.NOBODY
    quiet_minutes: int = 60
    roles: tuple[str, ...] = (Role.ADMIN,)

    @property
    def values(self) -> dict[str, object]:
        """As the columns hold them."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()} | {
            "name": self.name.strip()
        }


def all_rules() -> list[AlertRule]:
    """Those in force first, by name."""
    order = (AlertRule.disabled_at.is_not(None), AlertRule.name)
    return list(db.session.scalars(sa.select(AlertRule).order_by(*order)))


def rule_or_404(rule_id: int) -> AlertRule:
    """
    Raises:
        NotFound: there is none.
    """
    row = db.session.get(AlertRule, rule_id)
    if row is None:
        raise NotFound("There is no such alert rule.")
    return row


def terms_of(row: AlertRule) -> RuleTerms:
    names = RuleTerms.__dataclass_fields__
    values = {name: getattr(row, name) for name in names}
    return RuleTerms(**{**values, "actions": tuple(row.actions), "roles": tuple(row.roles)})


def create_rule(*, by: Actor, terms: RuleTerms) -> AlertRule:
    """
    Raises:
        BadRule: see the class.
    """
    _check(terms)
    take_turns(LOCK)
    if len(all_rules()) >= MOST_RULES:
        raise BadRule(f"There are {MOST_RULES} rules. Change one of them.")
    row = AlertRule(created_at=clock.now())
    _store(row, {**terms.values, "version": 1})
    _record_saved(by, row, {k: (None, v) for k, v in terms.values.items()})
    return row


def change_rule(*, by: Actor, row: AlertRule, version: int, terms: RuleTerms) -> AlertRule:
    """
    Raises:
        Stale: somebody else changed it since `version` was read.
        BadRule: see the class.
    """
    db.session.refresh(row, with_for_update=True)
    if row.version != version:
        raise Stale(
            f"{row.name} was changed by somebody else. Yours was not saved.", present=row.version
        )
    _check(terms)
    changes = {k: (getattr(row, k), v) for k, v in terms.values.items() if getattr(row, k) != v}
    if changes:
        _store(row, {**terms.values, "version": version + 1})
        _record_saved(by, row, changes)
    return row


def disable_rule(*, by: Actor, row: AlertRule) -> AlertRule:
    """
    Raises:
        Conflict: it is off already.
    """
    if row.disabled_at is not None:
        raise Conflict(f"{row.name} is switched off already.")
    row.disabled_at = clock.now()
    record(Action.ALERT_RULE_DISABLED, by=by, target=target_of(row))
    return row


def enable_rule(*, by: Actor, row: AlertRule) -> AlertRule:
    """
    Raises:
        Conflict: it is on already.
    """
    if row.disabled_at is None:
        raise Conflict(f"{row.name} is in force already.")
    row.disabled_at = None
    record(Action.ALERT_RULE_ENABLED, by=by, target=target_of(row))
    return row


def target_of(row: AlertRule) -> Target:
    return Target("alert_rule", row.id, row.name)


def _record_saved(by: Actor, row: AlertRule, changes: dict[str, tuple[object, object]]) -> None:
    record(Action.ALERT_RULE_SAVED, by=by, target=target_of(row), changes=changes)


def _store(row: AlertRule, values: dict[str, object]) -> None:
    """The table itself refuses a second rule of a name, also of two that are saved at once."""
    try:
        with db.session.begin_nested():
            for name, value in values.items():
                setattr(row, name, value)
            db.session.add(row)
    except IntegrityError as error:
        raise BadRule("Another rule has this name.", field="name") from error


def _check(terms: RuleTerms) -> None:
    if not 0 < len(one_line(terms.name)) <= LONGEST_NAME:
        raise BadRule(f"Give it a name of at most {LONGEST_NAME} characters.", field="name")
    if unknown := sorted(set(terms.actions) - set(Action)):
        raise BadRule(f"The log knows no {unknown[0]}.", field="actions")
    if terms.outcome and terms.outcome not in set(Outcome):
        raise BadRule("Choose one of the outcomes.", field="outcome")
    if terms.lowest_severity and terms.lowest_severity not in set(Severity):
        raise BadRule("Choose one of the severities.", field="lowest_severity")
    if not (terms.actions or terms.outcome or terms.lowest_severity):
        raise BadRule("Choose actions, an outcome or a severity: this would be met by everything.")
    _check_numbers(terms)


def _check_numbers(terms: RuleTerms) -> None:
    limits = {
        "threshold": (terms.threshold, 1, LARGEST_THRESHOLD),
        "minutes": (terms.minutes, 1, LONGEST_WINDOW),
        "quiet_minutes": (terms.quiet_minutes, 0, LONGEST_QUIET),
    }
    for field, (value, lowest, highest) in limits.items():
        if not lowest <= value <= highest:
            raise BadRule(f"Use a number from {lowest} to {highest}.", field=field)
    if not terms.roles:
        raise BadRule("Choose who is told.", field="roles")
