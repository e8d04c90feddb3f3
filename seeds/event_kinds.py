"""What is usual in a back office: how often each thing happens, to what, and what is said of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from portal.audit.actions import Action, Outcome
from portal.core.actor import ActorType

Value = str | int | bool | None
STAFF, PRODUCT, NOBODY = ActorType.ADMIN, ActorType.API_TOKEN, ActorType.ANONYMOUS
MACHINE = ActorType.SYSTEM


@dataclass(frozen=True, slots=True)
class Kind:
    """One action with its share of all events and the values that its changes go between."""

    action: Action
    weight: float
    target: str
    by: ActorType = STAFF
    reasons: tuple[str, ...] = ()
    changes: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    outcome: Outcome = Outcome.SUCCESS
    route: str = "/"


ASKED = (
    "Asked for on the phone",
    "Trial before they buy",
    "Goodwill after the outage in spring",
    "Promised by sales",
    "Wrong plan at sign-up",
    "Pilot with the board mill",
)
STATES = ("open", "waiting", "solved", "closed")
TERMS = {"effect": (None, "enable"), "quota_limit": (None, 100, 250, 500, 1000)}
USUAL = (
    Kind(Action.SESSION_OPENED, 80, "staff", route="/sign-in/second-factor"),
    Kind(Action.SESSION_PASSWORD_ACCEPTED, 80, "staff", route="/sign-in"),
    Kind(Action.SESSION_CLOSED, 55, "staff", reasons=("signed_out",), route="/sign-out"),
    Kind(Action.SESSION_SUDO_GRANTED, 12, "staff", route="/account/sudo"),
    Kind(
        Action.SESSION_PASSWORD_REFUSED,
        9,
        "address",
        NOBODY,
        ("wrong password",),
        outcome=Outcome.FAILURE,
        route="/sign-in",
    ),
    Kind(
        Action.SESSION_CODE_REFUSED,
        5,
        "staff",
        reasons=("wrong code",),
        outcome=Outcome.FAILURE,
        route="/sign-in/second-factor",
    ),
    Kind(Action.SESSION_THROTTLED, 0.8, "address", NOBODY, outcome=Outcome.DENIED),
    Kind(Action.SESSION_REVOKED, 2, "staff", reasons=("lost laptop", "role changed")),
    Kind(
        Action.ACCESS_DENIED,
        4,
        "route",
        reasons=("permission_denied",),
        outcome=Outcome.DENIED,
        route="/staff/<int:person_id>",
    ),
    Kind(Action.REQUEST_FORGED, 0.1, "route", NOBODY, outcome=Outcome.DENIED),
    Kind(Action.TOTP_ENABLED, 0.8, "staff"),
    Kind(Action.TOTP_RESET, 0.1, "staff", reasons=("New phone", "Phone was stolen")),
    Kind(Action.TOTP_DISABLED_BY_POLICY, 0.02, "staff", MACHINE),
    Kind(Action.BACKUP_CODES_GENERATED, 1, "staff"),
    Kind(Action.BACKUP_CODE_USED, 0.5, "staff"),
    Kind(Action.PASSWORD_CHANGED, 1, "staff"),
    Kind(Action.STAFF_INVITED, 0.3, "staff"),
    Kind(
        Action.STAFF_ROLE_CHANGED,
        0.2,
        "staff",
        reasons=("Moved to another team",),
        changes={"role": ("support_agent", "manager", "finance", "marketing")},
    ),
    Kind(Action.STAFF_DISABLED, 0.1, "staff", reasons=("Left the company",)),
    Kind(Action.TENANT_CREATED, 3, "tenant", PRODUCT, route="/api/customers/tenants/<external_id>"),
    Kind(Action.TENANT_CHANGED, 14, "tenant", changes={"name": ("Old name", "New name")}),
    Kind(Action.TENANT_SUSPENDED, 0.3, "tenant", reasons=("Two unpaid invoices",)),
    Kind(Action.TENANT_REOPENED, 0.2, "tenant"),
    Kind(Action.USER_CREATED, 60, "user", PRODUCT, route="/api/customers/users"),
    Kind(Action.USER_CHANGED, 45, "user", PRODUCT, changes={"status": ("active", "inactive")}),
    Kind(Action.USER_DEACTIVATED, 6, "user", reasons=("Asked by the customer",)),
    Kind(Action.USER_ERASED, 0.2, "user", reasons=("Request under article 17",)),
    Kind(Action.TOKEN_ISSUED, 1, "token", changes={"scope": (None, "tickets:read")}),
    Kind(Action.TOKEN_REVOKED, 0.4, "token"),
    Kind(
        Action.ENTITLEMENT_GRANTED,
        70,
        "user",
        reasons=ASKED,
        changes=TERMS,
        route="/entitlements/users/<int:user_id>/grant",
    ),
    Kind(
        Action.ENTITLEMENT_REVOKED, 16, "user", reasons=ASKED, changes={"effect": ("enable", None)}
    ),
    Kind(Action.ENTITLEMENT_DISABLED, 4, "user", reasons=("Misuse of the export",)),
    Kind(Action.ENTITLEMENT_DENIED, 0.8, "user", reasons=("over budget",), outcome=Outcome.DENIED),
    Kind(Action.ENTITLEMENT_EXPIRED, 34, "user", MACHINE),
    Kind(Action.QUOTA_TOPPED_UP, 8, "user", reasons=ASKED, changes={"limit": (100, 200, 400)}),
    Kind(Action.QUOTA_ALERTED, 20, "tenant", MACHINE),
    Kind(Action.FEATURE_CHANGED, 0.6, "feature"),
    Kind(Action.FEATURE_KILLED, 0.02, "feature", reasons=("Wrong prices in quotes",)),
    Kind(
        Action.SUBSCRIPTION_PLAN_CHANGED,
        9,
        "tenant",
        changes={"plan": ("free", "basic", "professional", "enterprise")},
    ),
    Kind(Action.TICKET_CREATED, 60, "ticket", PRODUCT, route="/api/support/tickets"),
    Kind(Action.TICKET_CUSTOMER_WROTE, 55, "ticket", PRODUCT),
    Kind(Action.TICKET_REPLIED, 95, "ticket", route="/support/tickets/<number>/reply"),
    Kind(Action.TICKET_NOTED, 30, "ticket"),
    Kind(Action.TICKET_ASSIGNED, 45, "ticket", changes={"assignee": (None, "Bea", "Milan")}),
    Kind(Action.TICKET_STATUS_CHANGED, 80, "ticket", changes={"status": STATES}),
    Kind(Action.TICKET_SLA_BREACHED, 4, "ticket", MACHINE),
    Kind(Action.MAIL_QUEUED, 70, "mail", MACHINE),
    Kind(Action.MAIL_BODY_VIEWED, 1, "mail", reasons=("Customer says it never came",)),
    Kind(Action.AUDIT_SEARCHED, 10, "log", route="/audit"),
    Kind(Action.BACKUP_MADE, 0.7, "file", MACHINE),
)


def change(name: str, values: tuple[Value, ...], dice: Random) -> tuple[str, tuple[Value, Value]]:
    """From one of the values to a later one."""
    place = dice.randrange(len(values) - 1) if len(values) > 2 and values[0] is not None else 0
    return name, (values[place], dice.choice(values[place + 1 :]))
