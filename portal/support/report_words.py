"""A number of the reports in words, for the page of the tickets that it counts."""

from collections.abc import Callable
from datetime import date

from portal.core.database import db
from portal.staff.models import Admin
from portal.support.clock_math import Metric
from portal.support.models import SlaRule, SupportTeam
from portal.support.ratings import SCORES
from portal.support.report_sets import Scope, age_label
from portal.support.reports import METRICS

OF_NOW = frozenset({"age", "open", "open-of"})
"""Whatever span is asked for."""


def title_of(name: str) -> str:
    """What the tickets of a set have in common; `tickets_of` refuses a name that is none."""
    kind, _, rest = name.partition(":")
    return TITLES[kind](*rest.split(":") if rest else ())


def _agent(number: str) -> str:
    found = db.session.get(Admin, int(number))
    return found.name if found is not None else "somebody who left"


def _promise(end: str) -> Callable[[str, str], str]:
    def named(rule_id: str, metric: str) -> str:
        rule = db.session.get(SlaRule, int(rule_id))
        level = rule.name if rule is not None else "A service level that is gone"
        return f"{level}: {METRICS[Metric(metric)].lower()} {end}"

    return named


def _rated(score: str) -> str:
    return f"Tickets rated {SCORES.get(int(score), score).lower()}"


TITLES: dict[str, Callable[..., str]] = {
    "created": lambda: "Tickets opened",
    "answered": lambda: "Tickets answered for the first time",
    "answered-again": lambda: "Tickets answered again",
    "solved": lambda: "Tickets solved",
    "reopened": lambda: "Tickets solved that had been opened again",
    "met": _promise("kept"),
    "missed": _promise("broken"),
    "age": lambda step: f"Open tickets, {age_label(int(step))} old",
    "open": lambda: "Open tickets",
    "open-of": lambda agent: f"Open tickets of {_agent(agent)}",
    "solved-by": lambda agent: f"Tickets solved by {_agent(agent)}",
    "replied-by": lambda agent: f"Tickets answered by {_agent(agent)}",
    "rated": _rated,
}


def span_of(name: str, scope: Scope, first: date, last: date) -> str:
    """Of when they are, and of whom where one team or agent is asked for."""
    parts = [_days(first, last)]
    if name.partition(":")[0] in OF_NOW:
        parts = ["Now, with snoozed ones"]
    if scope.team_id is not None:
        team = db.session.get(SupportTeam, scope.team_id)
        parts.append(f"team {team.name}" if team is not None else "a team that is gone")
    if scope.agent_id is not None:
        parts.append(f"of {_agent(str(scope.agent_id))}")
    return ", ".join(parts)


def _days(first: date, last: date) -> str:
    end = f"{last.day} {last:%b %Y}"
    if first == last:
        return end
    year = "" if first.year == last.year else f" {first.year}"
    return f"{first.day} {first:%b}{year} to {end}"
