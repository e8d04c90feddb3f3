"""The logs that the ledger is read in: one a stream, and everything together."""

from portal.audit.actions import Stream

EVERYTHING = "everything"
LOGS: dict[str, Stream | None] = {
    EVERYTHING: None,
    "admin-actions": Stream.ADMIN,
    "admin-logins": Stream.ADMIN_LOGIN,
    "auth-events": Stream.AUTH,
    "entitlements": Stream.ENTITLEMENT,
    "mail": Stream.EMAIL,
}
LABELS = {
    EVERYTHING: "Everything",
    "admin-actions": "Admin actions",
    "admin-logins": "Sign-ins",
    "auth-events": "Authentication",
    "entitlements": "Entitlements",
    "mail": "Mail",
}
