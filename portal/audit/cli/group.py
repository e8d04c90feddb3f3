"""The group that every command of the ledger joins."""

import click


@click.group("audit")
def audit_commands() -> None:
    """Prove what happened."""
