"""The demo company's customers: makers of boxes, what they bought, and how it went on.

Days are counted back from today. Some stay, some grow, some try it and leave.
"""

from dataclasses import dataclass

from portal.customers.models import TenantStatus
from seeds.names import plain

FREE, BASIC, PRO, ALL = "free", "basic", "professional", "enterprise"
SUSPENDED, CLOSED, ACTIVE = TenantStatus.SUSPENDED, TenantStatus.CLOSED, TenantStatus.ACTIVE
AGREED = "Agreed with the customer"
LATE = "Three invoices are unpaid"
TRIES = "Tries it before they buy"
BOUGHT = "Bought it at the end of the trial"
GREW = "Needs what the next plan has"


@dataclass(frozen=True, slots=True)
class Step:
    """So many days ago: a plan, perhaps as a trial of so many days, or an ending."""

    days_ago: int
    plan: str = ""
    trial_days: int = 0
    cancel_in: int | None = None
    extend_to: int | None = None
    """A trial that runs gets so many days from its beginning."""
    status: TenantStatus | None = None
    reason: str = AGREED


@dataclass(frozen=True, slots=True)
class Company:
    """`since` is how many days ago it came; `trend` how its use grows from month to month."""

    name: str
    zone: str
    people: int
    since: int
    steps: tuple[Step, ...] = ()
    trend: float = 1.12

    @property
    def slug(self) -> str:
        """What the product calls it."""
        return plain(self.name).replace(" & ", "-").replace(" ", "-")


def _tried(since: int, plan: str, days: int, *more: Step) -> tuple[Step, ...]:
    return (Step(since, plan, days, reason=TRIES), *more)


COMPANIES = (
    Company("Aldgate Cartons", "Europe/London", 9, 410, (Step(410, BASIC), Step(150, PRO))),
    Company(
        "Brennero Scatole",
        "Europe/Rome",
        4,
        220,
        _tried(220, PRO, 14, Step(206, BASIC, reason="Basic is enough for now")),
    ),
    Company(
        "Cascadia Box Works",
        "America/Los_Angeles",
        15,
        700,
        (Step(700, PRO), Step(95, ALL, reason=GREW)),
        trend=1.15,
    ),
    Company(
        "Delta Wellpappe", "Europe/Berlin", 14, 520, (Step(520, BASIC), Step(300, PRO)), trend=1.1
    ),
    Company("Estuary Packaging", "Europe/Lisbon", 3, 90, (Step(90, BASIC),), trend=1.25),
    Company("Fjordpak", "Europe/Oslo", 1, 30),
    Company("Golden Mile Boxes", "Asia/Singapore", 6, 9, _tried(9, PRO, 14)),
    Company(
        "Hangang Paper",
        "Asia/Seoul",
        5,
        260,
        (Step(260, BASIC), Step(12, status=SUSPENDED, reason=LATE)),
        trend=0.9,
    ),
    Company("Iris Emballage", "Europe/Paris", 11, 365, (Step(365, PRO),)),
    Company("Juniper Crates", "America/Denver", 2, 25, _tried(25, BASIC, 14)),
    Company(
        "Kaveri Corrugated",
        "Asia/Kolkata",
        13,
        480,
        (Step(480, BASIC), Step(200, PRO)),
        trend=1.18,
    ),
    Company("Lomond Board", "Europe/London", 5, 130, (Step(130, BASIC),)),
    Company(
        "Maple & Fold",
        "America/Toronto",
        7,
        330,
        (Step(330, PRO), Step(6, cancel_in=24)),
        trend=0.85,
    ),
    Company("Nordlys Kartong", "Europe/Oslo", 4, 3, _tried(3, BASIC, 30)),
    Company("Oakline Containers", "America/Chicago", 15, 610, (Step(610, PRO), Step(240, ALL))),
    Company("Pampa Cajas", "America/Argentina/Buenos_Aires", 1, 75),
    Company(
        "Quayside Cases",
        "Pacific/Auckland",
        3,
        180,
        _tried(180, PRO, 30, Step(150, BASIC, reason="Took Basic at the end of the trial")),
    ),
    Company(
        "Rhône Cartonnage", "Europe/Paris", 8, 290, (Step(290, BASIC), Step(45, PRO)), trend=1.2
    ),
    Company("Saguaro Shipping Supply", "America/Phoenix", 1, 14),
    Company(
        "Tatra Obaly",
        "Europe/Bratislava",
        2,
        400,
        (Step(400, BASIC), Step(60, cancel_in=0)),
        trend=0.8,
    ),
    Company(
        "Umber Display",
        "Europe/Amsterdam",
        6,
        23,
        _tried(23, PRO, 14, Step(11, extend_to=27, reason="Their buyer was ill for two weeks")),
    ),
    Company("Veld Packaging", "Africa/Johannesburg", 3, 240, (Step(240, BASIC),)),
    Company(
        "Wattle Box Co",
        "Australia/Sydney",
        4,
        310,
        (Step(310, BASIC), Step(33, status=CLOSED, reason="Gave up the business")),
        trend=0.7,
    ),
    Company("Yarrow Folding Cartons", "America/New_York", 12, 450, (Step(450, PRO),)),
    # Who came and went in the months that the log tells most of.
    Company(
        "Arden Tubes",
        "Europe/London",
        3,
        172,
        _tried(172, PRO, 14, Step(90, status=CLOSED, reason="Chose another program")),
        trend=0.6,
    ),
    Company(
        "Bergamo Espositori",
        "Europe/Rome",
        5,
        161,
        _tried(161, PRO, 14, Step(148, PRO, reason=BOUGHT)),
        trend=1.2,
    ),
    Company("Coldwater Mailers", "America/Detroit", 2, 140, (Step(140, BASIC),)),
    Company(
        "Dune Karton",
        "Europe/Warsaw",
        4,
        118,
        (
            Step(118, BASIC),
            Step(40, status=SUSPENDED, reason=LATE),
            Step(31, status=ACTIVE, reason="All of it is paid"),
        ),
    ),
    Company(
        "Emu Paperboard",
        "Australia/Perth",
        3,
        104,
        _tried(104, BASIC, 14, Step(91, BASIC, reason=BOUGHT), Step(20, PRO, reason=GREW)),
        trend=1.3,
    ),
    Company("Foundry Street Boxes", "America/New_York", 2, 83, _tried(83, PRO, 14)),
    Company("Glacier Insulated", "Europe/Zurich", 6, 66, (Step(66, PRO),), trend=1.25),
    Company("Hop Valley Cartons", "America/Los_Angeles", 3, 41, (Step(41, BASIC),), trend=1.2),
    Company("Isar Display", "Europe/Berlin", 4, 12, _tried(12, PRO, 14)),
    Company("Jasper Gift Boxes", "America/Edmonton", 2, 10, _tried(10, BASIC, 14)),
)
