"""A process of some threads, each of which creates users in a tenant of its own until told enough.

`python -m tests.durability.writers FIRST THREADS DEEDS HANDLE`: a byte on the handle says that a
deed was committed. Started again, it goes on after the last committed one.
"""

import os
import sys
from collections.abc import Iterator
from threading import Thread

import sqlalchemy as sa
from flask import Flask

from portal import create_app
from portal.core.actor import SYSTEM
from portal.core.database import db, looking
from portal.customers.models import Tenant, User
from portal.customers.users import create_user


def missing(name: str, deeds: int) -> Iterator[int]:
    """The numbers of the users who are not there yet."""
    there = sa.select(sa.func.count()).where(User.tenant_id == tenant_id(name))
    yield from range(db.session.scalar(there), deeds)


def tenant_id(name: str) -> int:
    return db.session.scalars(sa.select(Tenant.id).where(Tenant.external_id == name)).one()


def write(app: Flask, name: str, deeds: int, handle: int) -> None:
    with app.app_context(), looking():
        numbers = list(missing(name, deeds))
    for number in numbers:
        with app.app_context():
            until_it_succeeds(name, number)
        os.write(handle, b".")


def until_it_succeeds(name: str, number: int) -> None:
    """With so many at once, SQLite may turn one away: as a person would, it tries again."""
    while True:
        try:
            tenant = db.session.get_one(Tenant, tenant_id(name))
            email = f"u{number}@{name}.test"
            words = {"external_id": f"u{number}", "name": f"User {number}", "email": email}
            create_user(by=SYSTEM, tenant=tenant, **words)
            db.session.commit()
        except sa.exc.OperationalError:
            db.session.rollback()
        else:
            return


def main(first: int, threads: int, deeds: int, handle: int) -> None:
    app = create_app()
    names = [f"w{number}" for number in range(first, first + threads)]
    writers = [Thread(target=write, args=(app, name, deeds, handle)) for name in names]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
