"""API tokens: how they are issued and revoked."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import changed_rows, db, insert_into
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.permissions import Permission
from portal.core.text import one_line
from portal.core.tokens import token_sha256
from portal.customers.models import ApiToken, TokenKind, User
from portal.customers.scopes import Scope, lendable
from portal.customers.token_text import ALPHABET, PUBLIC, new_public_id, new_text
from portal.staff.models import Admin
from portal.staff.signals import account_taken_back
from portal.staff.telling import tell
from portal.web.addresses import plain_network

LONGEST_NAME = 120
LONGEST_LIFE = timedelta(days=365)
DEFAULT_DAYS = 90
MOST_NETWORKS = 50


class BadToken(DomainError):
    """No such token can be issued; the field says what to mend."""


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token. Its text is known now and never again."""

    row: ApiToken
    text: str


def issue_service_token(
    *,
    by: Actor,
    name: str,
    scopes: Collection[str],
    days: int = DEFAULT_DAYS,
    networks: Collection[str] = (),
    public_id: str | None = None,
) -> IssuedToken:
    """A token that belongs to the installation and reaches what its scopes name.

    A form that is sent twice names the same `public_id` twice, and gets one token.

    Raises:
        BadToken: a scope, network, name or lifetime is not one.
        Conflict: the public id is taken.
    """
    unknown = sorted(set(scopes) - set(Scope))
    if unknown or not scopes:
        message = f"There is no scope {unknown[0]!r}." if unknown else "Choose at least one scope."
        raise BadToken(message, field="scopes")
    chosen = [scope.value for scope in Scope if scope in set(scopes)]
    return _issue(
        by=by,
        kind=TokenKind.SERVICE,
        name=name,
        life=_days(days),
        scopes=chosen,
        networks=checked_networks(networks),
        public_id=public_id,
    )


def issue_user_token(*, by: Actor, user: User, expires_in: timedelta) -> IssuedToken:
    """A token with which the product asks on behalf of one user.

    Raises:
        Conflict: the user was erased, or the token that asks for it was revoked this moment.
        BadToken: the lifetime is not between a minute and a year.
    """
    if user.erased_at is not None:
        raise Conflict("This user was erased. Nothing can act for them.")
    return _issue(
        by=by,
        kind=TokenKind.USER,
        name=f"User {user.id}",
        life=expires_in,
        user_id=user.id,
        minted_by=_minter(by),
    )


def _minter(by: Actor) -> int | None:
    """The service token that asks. Who revokes it waits for what it mints, and takes that along."""
    if by.type is not ActorType.API_TOKEN:
        return None
    live = sa.select(ApiToken.id).where(ApiToken.id == by.id, ApiToken.revoked_at.is_(None))
    found: int | None = db.session.scalar(live.with_for_update(read=True))
    if found is None:
        raise Conflict("The token that asked for this was revoked.")
    return found


def issue_staff_token(
    *,
    by: Actor,
    name: str,
    permissions: Collection[str],
    days: int = DEFAULT_DAYS,
    networks: Collection[str] = (),
    public_id: str | None = None,
) -> IssuedToken:
    """A token that acts for the person who makes it, within what they may do themselves.

    Raises:
        BadToken, Conflict: see `issue_service_token`; or a permission is not theirs to lend.
    """
    lent = lendable(by.role or "") if by.type is ActorType.ADMIN else frozenset[Permission]()
    if not permissions:
        raise BadToken("Choose at least one permission.", field="permissions")
    if set(permissions) - lent:
        raise BadToken("A token never may more than you may lend it.", field="permissions")
    chosen = sorted(set(permissions))
    return _issue(
        by=by,
        kind=TokenKind.STAFF,
        name=name,
        life=_days(days),
        scopes=chosen,
        networks=checked_networks(networks),
        admin_id=by.id,
        public_id=public_id,
    )


def revoke_token(*, by: Actor, token: ApiToken) -> bool:
    """From the next request on it opens nothing, nor does what it minted. False: it was before."""
    now = clock.now()
    revoking = (
        sa.update(ApiToken)
        .where(ApiToken.revoked_at.is_(None))
        .values(revoked_at=now, revoked_by=_admin_id(by))
    )
    if not changed_rows(revoking.where(ApiToken.id == token.id)):
        return False
    minted = changed_rows(revoking.where(ApiToken.minted_by == token.id))
    db.session.refresh(token)
    record(
        Action.TOKEN_REVOKED,
        by=by,
        target=target_of(token),
        changes={"revoked_at": (None, clock.timestamp(now))},
        meta={"minted_tokens": minted} if minted else None,
    )
    if token.admin_id is not None and token.admin_id != _admin_id(by):
        person = db.session.get_one(Admin, token.admin_id)
        tell(Action.TOKEN_REVOKED, by=by, person=person, label=token.name)
    return True


@account_taken_back.connect
def _revoke_since(person: Admin, *, by: Actor, since: datetime) -> list[str]:
    """Tokens that act for the person; those of the installation are everybody's."""
    found = db.session.scalars(
        sa.select(ApiToken)
        .where(
            ApiToken.admin_id == person.id,
            ApiToken.created_at >= since,
            ApiToken.expires_at > clock.now(),
        )
        .order_by(ApiToken.id)
    ).all()
    return [f"API token “{token.name}”" for token in found if revoke_token(by=by, token=token)]


def token_or_404(public_id: str, *, by: Actor) -> ApiToken:
    """The token, if it is theirs or they manage all.

    Raises:
        NotFound: see above.
    """
    found = db.session.scalars(sa.select(ApiToken).filter_by(public_id=public_id)).one_or_none()
    if found is None or not _may_touch(by, found):
        raise NotFound("There is no such token.")
    return found


def _may_touch(by: Actor, token: ApiToken) -> bool:
    is_own = by.type is ActorType.ADMIN and by.id is not None and token.admin_id == by.id
    return is_own or by.type is ActorType.SYSTEM or by.may(Permission.TOKENS_MANAGE)


def target_of(token: ApiToken) -> Target:
    return Target("token", token.public_id, token.name)


def checked_networks(networks: Iterable[str]) -> list[str]:
    """Each in its normal form.

    Raises:
        BadToken: one cannot be read, or there are too many.
    """
    try:
        found = [plain_network(text) for text in networks if text.strip()]
    except ValueError as error:
        raise BadToken(f"{error}: write networks like 192.0.2.0/24.", field="networks") from error
    if len(found) > MOST_NETWORKS:
        raise BadToken(f"Name at most {MOST_NETWORKS} networks.", field="networks")
    return list(dict.fromkeys(found))


def _issue(
    *,
    by: Actor,
    kind: TokenKind,
    name: str,
    life: timedelta,
    scopes: Collection[str] = (),
    networks: Collection[str] = (),
    user_id: int | None = None,
    admin_id: int | None = None,
    minted_by: int | None = None,
    public_id: str | None = None,
) -> IssuedToken:
    public_id = public_id or new_public_id()
    if len(public_id) != PUBLIC or set(public_id) - set(ALPHABET):
        raise BadToken("Open the form anew, and send it from there.")
    text, now = new_text(public_id), clock.now()
    values = {
        "public_id": public_id,
        "secret_sha256": token_sha256(text),
        "kind": kind,
        "name": _checked_name(name),
        "scopes": list(scopes),
        "networks": list(networks),
        "user_id": user_id,
        "admin_id": admin_id,
        "minted_by": minted_by,
        "created_at": now,
        "created_by": _admin_id(by),
        "expires_at": now + _checked_life(life),
    }
    added = insert_into(ApiToken).values(**values).on_conflict_do_nothing().returning(ApiToken)
    row = db.session.scalars(added).one_or_none()
    if row is None:
        raise Conflict("This token was issued already, and is shown only once. Make another.")
    _record_issue(by, row)
    if row.admin_id is not None:
        person = db.session.get_one(Admin, row.admin_id)
        tell(Action.TOKEN_ISSUED, by=by, person=person, label=row.name)
    return IssuedToken(row, text)


def _record_issue(by: Actor, row: ApiToken) -> None:
    opens = {"scopes": row.scopes, "networks": row.networks, "user_id": row.user_id}
    changes = {"kind": str(row.kind), "expires_at": clock.timestamp(row.expires_at), **opens}
    record(
        Action.TOKEN_ISSUED,
        by=by,
        target=target_of(row),
        changes={name: (None, value) for name, value in changes.items() if value},
    )


def _checked_name(text: str) -> str:
    name = one_line(text)
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise BadToken(f"Use a name of 1 to {LONGEST_NAME} characters.", field="name")
    return name


def _days(days: int) -> timedelta:
    if not 1 <= days <= LONGEST_LIFE.days:
        raise BadToken(f"Choose 1 to {LONGEST_LIFE.days} days.", field="days")
    return timedelta(days=days)


def _checked_life(life: timedelta) -> timedelta:
    if not timedelta(minutes=1) <= life <= LONGEST_LIFE:
        raise BadToken("Choose a lifetime of a minute to a year.", field="expires_in")
    return life


def _admin_id(by: Actor) -> int | None:
    return by.id if by.type is ActorType.ADMIN else None
