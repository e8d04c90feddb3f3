"""Whom somebody means who writes numbers, e-mail addresses, or what the product calls them.

`#12` is our number of them, `acme/una` the product's ids of a tenant and its user. Any other word
may be number, address or id: one that fits several is refused with their numbers, and so are bare
numbers of which some are ours and some the product's.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

import sqlalchemy as sa

from portal.core.database import db
from portal.core.errors import DomainError
from portal.core.text import kept_apart, nfc
from portal.customers.models import Tenant, User
from portal.customers.naming import address_key
from portal.customers.users import user_or_404
from portal.web.urls import LARGEST_ID

HOW = "By number, e-mail address, or the product's id, as in acme/una."
AT_ONCE = 200
MOST_LISTED = 3
LONGEST_SHOWN = 40
_tenant, _user = Tenant.__table__.c, User.__table__.c

Name = tuple[str, str | int]
"""A kind of name (`number`, `id`, `path` or `address`), and the name."""
Finder = Callable[[set[Name]], Iterable[tuple[int, set[Name]]]]
"""Those who may have one of the names: their number, and all the names they have."""


class UnclearName(DomainError):
    """A word fits nobody, or more than one."""


def users_named(words: Sequence[str], *, field: str, tenant_id: int | None = None) -> list[int]:
    """The numbers of these users, each once, in their order; with `tenant_id`, of its own alone.

    Raises:
        UnclearName: see the class. The message names the first few words.
    """
    return _numbers(words, partial(_users, tenant_id), field)


def user_named(word: str, *, field: str, tenant_id: int | None = None) -> User:
    """This one user.

    Raises:
        UnclearName: see the class.
    """
    (number,) = users_named([word], field=field, tenant_id=tenant_id)
    return user_or_404(number)


def tenants_named(words: Sequence[str], *, field: str) -> list[int]:
    """The numbers of these tenants, each once, in their order.

    Raises:
        UnclearName: see the class. The message names the first few words.
    """
    return _numbers(words, _tenants, field)


def _numbers(words: Sequence[str], find: Finder, field: str) -> list[int]:
    found: dict[str, list[int]] = {}
    for start in range(0, len(words), AT_ONCE):
        some = _fitting(words[start : start + AT_ONCE], find)
        _check_clear(some, field)
        found |= some
    if strange := [_quoted(word) for word, numbers in found.items() if not numbers]:
        raise UnclearName(f"Nobody is {_listed(strange)}.", field=field)
    _check_alike(found, field)
    return list(dict.fromkeys(number for (number,) in found.values()))


def _check_clear(found: dict[str, list[int]], field: str) -> None:
    for word, numbers in found.items():
        if len(numbers) > 1:
            choices = _listed([f"#{number}" for number in numbers])
            raise UnclearName(f"{_quoted(word)} may be {choices}. Write one of them.", field=field)


def _check_alike(found: dict[str, list[int]], field: str) -> None:
    """Bare numbers are all ours or all the product's.

    Of its ids we may not know one yet, while somebody else has it for a number.
    """
    bare = {word: _number(word) == numbers[0] for word, numbers in found.items() if _number(word)}
    ours = next((word for word, is_ours in bare.items() if is_ours), None)
    theirs = next((word for word, is_ours in bare.items() if not is_ours), None)
    if ours and theirs:
        raise UnclearName(
            f"{_quoted(ours)} is our number, {_quoted(theirs)} the product's. "
            "Write # before numbers of ours.",
            field=field,
        )


def _fitting(words: Sequence[str], find: Finder) -> dict[str, list[int]]:
    meant = {word: _names(word) for word in words}
    bearers: Mapping[Name, set[int]] = defaultdict(set)
    for number, names in find(set().union(*meant.values())):
        for name in names:
            bearers[name].add(number)
    return {
        word: sorted(set().union(*(bearers[name] for name in names)))
        for word, names in meant.items()
    }


def _names(word: str) -> set[Name]:
    """What a word may be. An id of the product's holds no slash."""
    number = _number(word.removeprefix("#"))
    if number and word.startswith("#"):
        return {("number", number)}
    names: set[Name] = {("path" if "/" in word else "id", nfc(word))}
    if number:
        names.add(("number", number))
    if "@" in word:
        names.add(("address", address_key(word)))
    return names


def _number(word: str) -> int | None:
    is_number = word.isascii() and word.isdigit() and len(word) <= len(str(LARGEST_ID))
    return int(word) if is_number and 0 < int(word) <= LARGEST_ID else None


def _users(tenant_id: int | None, names: set[Name]) -> Iterator[tuple[int, set[Name]]]:
    paths = [str(path).partition("/") for path in _of("path", names)]
    query = (
        sa.select(_user.id, _user.external_id, _user.email_key, _tenant.external_id)
        .join_from(User.__table__, Tenant.__table__)
        .where(
            sa.or_(
                _user.id.in_(_of("number", names)),
                _user.external_id.in_(_of("id", names)),
                sa.and_(
                    _user.external_id.in_([path[2] for path in paths]),
                    _tenant.external_id.in_([path[0] for path in paths]),
                ),
                _user.email_key.in_(_of("address", names)),
            )
        )
    )
    if tenant_id is not None:
        query = query.where(_user.tenant_id == tenant_id)
    for number, external_id, key, tenant in db.session.execute(query):
        path = f"{tenant}/{external_id}"
        yield number, {("number", number), ("id", external_id), ("path", path), ("address", key)}


def _tenants(names: set[Name]) -> Iterator[tuple[int, set[Name]]]:
    is_named = sa.or_(
        _tenant.id.in_(_of("number", names)), _tenant.external_id.in_(_of("id", names))
    )
    for number, external_id in db.session.execute(
        sa.select(_tenant.id, _tenant.external_id).where(is_named)
    ):
        yield number, {("number", number), ("id", external_id)}


def _of(kind: str, names: set[Name]) -> list[str | int]:
    return [name for each, name in names if each == kind]


def _quoted(word: str) -> str:
    short = f"{word[:LONGEST_SHOWN]}…" if len(word) > LONGEST_SHOWN else word
    return f"“{kept_apart(short)}”"


def _listed(words: Sequence[str]) -> str:
    """`a`; `a or b`; `a, b, c or one of 4 more`."""
    shown, more = list(words[:MOST_LISTED]), len(words) - MOST_LISTED
    last = f"one of {more:,} more" if more > 0 else shown.pop()
    return f"{', '.join(shown)} or {last}" if shown else last
