"""What a person hears of their account: every action about one is told here, or is silent here.

The deeds hand over facts and no words (`portal.staff.telling`).
"""

from dataclasses import dataclass

from portal.audit.actions import Action

SECURITY, SESSIONS, PASSKEYS = "/account/security", "/account/sessions", "/account/passkeys"


@dataclass(frozen=True, slots=True)
class Telling:
    """How one action is told. The slots of `text` are filled with the deed's facts."""

    text: str | None = None
    """The line under the bell."""
    mail: str | None = None
    """The template of `templates/mail`."""
    url: str | None = SECURITY
    """Where the line leads."""
    only: str | None = None
    """In which case, when not always."""


NOTICES: dict[Action, Telling] = {
    Action.SESSION_OPENED: Telling(
        "You signed in from a new place: {device}, {ip}. If that was not you, end the session and "
        "change your password.",
        "new_device",
        SESSIONS,
        only="from a browser or network that was not seen for 90 days",
    ),
    Action.SESSION_CODE_REFUSED: Telling(
        "A code of yours was entered a second time. If that was not you, somebody saw it: change "
        "your password.",
        only="the code was right, and used before",
    ),
    Action.SESSION_REVOKED: Telling(
        "{who} signed you out{where}.",
        "session_revoked",
        SESSIONS,
        only="somebody else ended it, or ten others were open",
    ),
    Action.SESSION_ADDRESS_REFUSED: Telling(
        "A sign-in from {ip} was refused: your role may not come from there. If that was not you, "
        "change your password and your second factor.",
        "address_refused",
        only="with the right second factor",
    ),
    Action.TOTP_ENABLED: Telling(
        "Your second factor is on. Signing in asks for a code from now on.", "factor_added"
    ),
    Action.TOTP_DISABLED: Telling("Your authenticator was turned off.", "factor_removed"),
    Action.TOTP_DISABLED_BY_POLICY: Telling(
        "Your authenticator was stopped after a hundred wrong codes in a row.", "factor_stopped"
    ),
    Action.TOTP_RESET: Telling("Your second factor was reset by an operator.", "factor_reset"),
    Action.BACKUP_CODES_GENERATED: Telling(
        "Your backup codes were replaced. The old ones stopped working.",
        "backup_codes_replaced",
        only="they replace a set; the first comes with the factor that it belongs to",
    ),
    Action.BACKUP_CODES_RAN_LOW: Telling("{why} Make new ones.", "backup_codes_low"),
    Action.BACKUP_CODES_AGED: Telling("{why} Make new ones.", "backup_codes_low"),
    Action.BACKUP_CODE_USED: Telling(
        "A backup code was used. {left} If that was not you, change your password now.",
        "backup_code_used",
    ),
    Action.PASSKEY_REGISTERED: Telling(
        "Your passkey “{label}” was added. It signs you in from now on.",
        "passkey_added",
        PASSKEYS,
    ),
    Action.PASSKEY_REMOVED: Telling(
        "Your passkey “{label}” was removed and signs nobody in any more.",
        "passkey_removed",
        PASSKEYS,
    ),
    Action.PASSKEY_DISABLED_BY_POLICY: Telling(
        "Your passkeys were stopped after a hundred wrong codes in a row.", "factor_stopped"
    ),
    Action.PASSKEY_COUNT_REGRESSED: Telling(
        "Your passkey “{label}” was refused: it looks like a copy. If you did not copy it, remove "
        "it and add a new one.",
        "passkey_copied",
        PASSKEYS,
    ),
    Action.RECOVERY_REQUESTED: Telling(
        "Somebody with your password says that all your devices are lost, and asks to come in. "
        "If that was not you, stop it.",
        "recovery_requested",
    ),
    Action.RECOVERY_APPROVED: Telling(
        "The recovery of your account was approved. If you did not ask for it, stop it.",
        "recovery_approved",
        only="it was the last approval that was needed",
    ),
    Action.RECOVERY_REJECTED: Telling(
        "An admin rejected the recovery of your account. If it was not you who asked, somebody "
        "knows your password: change it.",
        "recovery_rejected",
    ),
    Action.RECOVERY_CODE_SENT: Telling(
        "The code that recovers your account is in your mail. If you did not ask for it, stop the "
        "recovery.",
        "recovery_code",
    ),
    Action.RECOVERY_COMPLETED: Telling(
        "Your account was recovered. Your old second factors are gone.", "recovery_completed"
    ),
    Action.RECOVERY_CANCELLED: Telling(
        "The recovery of your account was stopped. Whoever asked knows your password: set a new "
        "one.",
        "recovery_cancelled",
        "/account/password",
        only="its owner stopped it; what else ends one is told by itself",
    ),
    Action.RECOVERY_EXPIRED: Telling(
        "Nobody went on with the recovery of your account, so it ended. If it was not you who "
        "asked, somebody knows your password: change it."
    ),
    Action.POLICY_CHANGED: Telling(
        "The sign-in rule of your role changed: {what}.", only="to everybody of the role"
    ),
    Action.ADDRESSES_CHANGED: Telling(
        "Your role may sign in from {what} from now on.", only="to everybody of the role"
    ),
    Action.STAFF_INVITED: Telling(mail="invite", only="no second admin has to approve it first"),
    Action.STAFF_INVITE_APPROVED: Telling(mail="invite"),
    Action.STAFF_INVITE_RESENT: Telling(mail="invite"),
    Action.STAFF_ROLE_CHANGED: Telling(
        "Your role is {new_role} now. {by} changed it from {old_role}.", "role_changed", None
    ),
    Action.STAFF_DISABLED: Telling(
        mail="account_disabled", only="by an admin; who froze it themselves hears of that"
    ),
    Action.STAFF_ENABLED: Telling("{by} enabled your account again, as {role}.", "account_enabled"),
    Action.STAFF_UNLOCKED: Telling(
        "{by} forgave wrong tries to sign in to your account. If they were not yours, somebody "
        "guesses: change your password."
    ),
    Action.PASSWORD_CHANGED: Telling("Your password was changed.", "password_changed"),
    Action.PASSWORD_RESET: Telling("Your password was reset by a mailed link.", "password_changed"),
    Action.PASSWORD_RESET_REQUESTED: Telling(
        "A link that resets your password was mailed to you. If you did not ask for it, somebody "
        "else did.",
        "password_reset",
        only="the address is somebody's",
    ),
    Action.EMAIL_CHANGE_REQUESTED: Telling(
        "A change of your address to {new} was asked for. If that was not you, withdraw it.",
        "email_change",
        "/account/email",
    ),
    Action.EMAIL_CHANGED: Telling("Your address is {new} now.", "email_changed", "/account/email"),
    Action.EMAIL_CHANGE_UNDONE: Telling(
        "Your address is yours again, instead of {lost}.{also}",
        "email_change_undone",
        "/account/email",
    ),
    Action.TOKEN_ISSUED: Telling(
        "The API token “{label}” was issued. It acts in your name.",
        "token_issued",
        "/tokens",
        only="it acts for a person",
    ),
    Action.TOKEN_REVOKED: Telling(
        "{by} revoked your API token “{label}”.",
        url="/tokens",
        only="it acted for a person, and somebody else revoked it",
    ),
}
"""Of one's own account."""

DECIDERS: dict[Action, Telling] = {
    Action.EMAIL_CHANGE_UNDONE: Telling(
        "{person} took a change of e-mail address back. Somebody else may have had the account: "
        "see what was done with it. Invitations, service tokens and grants made with it stay.",
        url="/audit/people/{id}",
    ),
    Action.STAFF_INVITED: Telling(
        "{person} is invited as an admin. It needs your approval.", url="/staff/{id}"
    ),
    Action.STAFF_JOINED: Telling("{person} accepted your invite and joined.", url="/staff/{id}"),
    Action.RECOVERY_REQUESTED: Telling(
        "{person} lost every second factor and asks to be let in again.", url="/staff/recovery/{id}"
    ),
}
"""Of somebody else's, to those who decide on it, began it or look into it."""

_OWN = "their own doing, which opens nothing"
_NOISE = "anybody can cause it as often as they like; the log has it"
_NOBODY = "about the installation, nobody's account"
SILENT: dict[Action, str] = {
    Action.SESSION_PASSWORD_ACCEPTED: "half a sign-in; the other half is told when it is from new",
    Action.SESSION_PASSWORD_REFUSED: _NOISE,
    Action.SESSION_THROTTLED: _NOISE,
    Action.SESSION_CLOSED: _OWN,
    Action.SESSION_SUDO_GRANTED: "what it leads to is told",
    Action.SESSION_SUDO_REFUSED: "counted with wrong codes; the hundredth is told",
    Action.ACCESS_DENIED: "they saw the refusal",
    Action.REQUEST_FORGED: "nothing was done",
    Action.TOTP_ENROLMENT_STARTED: "nothing is on yet",
    Action.TOTP_CODE_REFUSED: "nothing is on yet",
    Action.BACKUP_CODES_REVOKED: "the address that was taken back is told, with all that went",
    Action.BACKUP_CODE_REFUSED: "counted with wrong codes; the hundredth is told",
    Action.PASSKEY_REFUSED: _NOISE,
    Action.PASSKEY_RENAMED: _OWN,
    Action.DATA_KEYS_ROTATED: _NOBODY,
    Action.SECRET_KEY_ROTATED: _NOBODY,
    Action.STAFF_INVITE_REVOKED: "they never had an account",
    Action.STAFF_JOINED: _OWN,
    Action.STAFF_ADDED: "whoever adds somebody on the server hands the password over",
    Action.ACCOUNT_PREFERENCES_CHANGED: _OWN,
    Action.EMAIL_CHANGE_WITHDRAWN: "nothing changes",
}
"""Actions about accounts of which their owners hear nothing, and why."""
