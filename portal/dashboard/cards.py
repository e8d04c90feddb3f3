"""The cards of the first page: what each shows, and who is shown which, in which order."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from portal.audit.standing import standing
from portal.audit.unusual import open_alerts, unusual_numbers
from portal.core.permissions import Permission
from portal.core.roles import Role
from portal.coupons.counting import coupon_counts, coupons_asked_for, coupons_to_watch
from portal.dashboard.engine import engine
from portal.staff.coverage import coverage
from portal.subscriptions.plan_tenants import plans_in_use
from portal.subscriptions.trials import trials_now
from portal.support.filtering import Looking
from portal.support.goodwill_waiting import gestures_asked_for
from portal.support.morning import first_in, own_work, whole_desk
from portal.support.queues import View
from portal.support.week import week_of
from portal.support.workload import workload

FEW = 5
BUSIEST = 6


class Card(NamedTuple):
    """A part of the page that concerns this person, and what it shows."""

    name: str
    template: str
    shows: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of card: what a person needs for it, and where its content comes from.

    `look` answers what the template is given; nothing at all, and the card is left out.
    """

    template: str
    needs: tuple[Permission, ...]
    look: Callable[[Looking], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Board:
    """Which cards a role gets: across the page, below on the wide and on the narrow side."""

    top: tuple[str, ...]
    main: tuple[str, ...]
    side: tuple[str, ...]


def _own_work(looking: Looking) -> dict[str, Any]:
    return {"numbers": own_work(looking)}


def _desk(looking: Looking) -> dict[str, Any]:
    return {"numbers": whole_desk(looking)}


def _next_up(looking: Looking) -> dict[str, Any]:
    return {"rows": first_in(View.MINE, looking, few=FEW)}


def _overdue(looking: Looking) -> dict[str, Any]:
    return {"rows": first_in(View.BREACHED, looking, few=FEW)}


def _week(looking: Looking) -> dict[str, Any]:
    return {"days": week_of(looking.by.id or 0, looking), "agent_id": looking.by.id}


def _load(_: Looking) -> dict[str, Any]:
    found = workload(few=BUSIEST)
    return {**found._asdict(), "most": found.most}


def _unusual(_: Looking) -> dict[str, Any]:
    numbers = unusual_numbers()
    alerts = open_alerts(few=FEW) if numbers.alerts else []
    return {"numbers": numbers, "alerts": alerts}


def _coupons_asked(looking: Looking) -> dict[str, Any]:
    asked = coupons_asked_for(few=FEW)
    return {"asked": asked, "me_id": looking.by.id} if asked else {}


def _goodwill(looking: Looking) -> dict[str, Any]:
    asked = gestures_asked_for(few=FEW)
    return {"asked": asked, "me_id": looking.by.id} if asked else {}


def _coupons(_: Looking) -> dict[str, Any]:
    ending, used = coupons_to_watch(few=FEW)
    return {"ending": ending, "used": used}


def _sales(_: Looking) -> dict[str, Any]:
    return {"trials": trials_now(), "coupons": coupon_counts()}


def _only(name: str, ask: Callable[[], Any]) -> Callable[[Looking], dict[str, Any]]:
    return lambda _: {name: ask()}


KINDS = {
    "own_work": Kind("dashboard/_own_work.html", (Permission.TICKETS_REPLY,), _own_work),
    "desk": Kind("dashboard/_desk.html", (Permission.TICKETS_VIEW,), _desk),
    "next_up": Kind("dashboard/_next_up.html", (Permission.TICKETS_REPLY,), _next_up),
    "overdue": Kind("dashboard/_overdue.html", (Permission.TICKETS_VIEW,), _overdue),
    "week": Kind(
        "dashboard/_week.html", (Permission.TICKETS_REPLY, Permission.SUPPORT_REPORTS), _week
    ),
    "load": Kind(
        "dashboard/_load.html", (Permission.SUPPORT_MANAGE, Permission.SUPPORT_REPORTS), _load
    ),
    "unusual": Kind("dashboard/_unusual.html", (Permission.AUDIT_ALL,), _unusual),
    "ledger": Kind("dashboard/_ledger.html", (Permission.AUDIT_ALL,), _only("standing", standing)),
    "goodwill": Kind("dashboard/_goodwill.html", (Permission.GOODWILL_APPROVE,), _goodwill),
    "coupons_asked": Kind(
        "dashboard/_coupons_asked.html", (Permission.COUPONS_APPROVE,), _coupons_asked
    ),
    "people": Kind("dashboard/_people.html", (Permission.STAFF_VIEW,), _only("coverage", coverage)),
    "engine": Kind(
        "dashboard/_engine.html", (Permission.OPERATIONS_VIEW,), _only("engine", engine)
    ),
    "sales": Kind(
        "dashboard/_sales.html", (Permission.COUPONS_VIEW, Permission.CUSTOMERS_VIEW), _sales
    ),
    "plans": Kind(
        "dashboard/_plans.html", (Permission.CUSTOMERS_VIEW,), _only("plans", plans_in_use)
    ),
    "coupons": Kind("dashboard/_coupons.html", (Permission.COUPONS_VIEW,), _coupons),
}
SELLING = Board(("sales",), ("plans",), ("coupons_asked", "coupons"))
BOARDS = {
    Role.SUPPORT_AGENT: Board(("own_work",), ("next_up",), ("week",)),
    Role.MANAGER: Board(
        ("desk",), ("overdue", "load"), ("goodwill", "coupons_asked", "unusual", "ledger")
    ),
    Role.ADMIN: Board(
        ("people",), ("unusual", "engine", "desk", "load"), ("goodwill", "coupons_asked", "ledger")
    ),
    Role.FINANCE: SELLING,
    Role.MARKETING: SELLING,
}


class Home(NamedTuple):
    """The cards of one person, as they stand on the page."""

    top: list[Card]
    main: list[Card]
    side: list[Card]

    @property
    def names(self) -> set[str]:
        return {card.name for part in self for card in part}


def home_of(role: Role, looking: Looking) -> Home:
    """What the person's role needs, as far as they may see it and it has anything to say."""
    board, of = BOARDS[role], partial(_cards, looking)
    return Home(list(of(board.top)), list(of(board.main)), list(of(board.side)))


def _cards(looking: Looking, names: tuple[str, ...]) -> Iterator[Card]:
    for name in names:
        kind = KINDS[name]
        if all(map(looking.by.may, kind.needs)) and (shows := kind.look(looking)):
            yield Card(name, kind.template, shows)
