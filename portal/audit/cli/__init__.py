"""Commands of the ledger, by subject. They share one group."""

import click

from portal.audit.cli import keys, tree, verify
from portal.audit.cli.group import audit_commands

COMMANDS: tuple[click.Command, ...] = (audit_commands,)
__all__ = ["COMMANDS", "keys", "tree", "verify"]
