"""The group that every command of the ledger joins, and how a refusal ends one."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from portal.core.errors import DomainError


@click.group("audit")
def audit_commands() -> None:
    """Prove what happened."""


@contextmanager
def refusals_told() -> Iterator[None]:
    """A refusal's message goes to standard error, and the command ends with 1."""
    try:
        yield
    except DomainError as error:
        click.echo(error.message, err=True)
        sys.exit(1)
