"""Commands of the ledger: `flask audit ...`, each part in a file of its own."""

import click

from portal.audit.cli import archiving, exports, keys, tree, verify
from portal.audit.cli.group import audit_commands

COMMANDS: tuple[click.Command, ...] = (audit_commands,)
__all__ = ["COMMANDS", "archiving", "exports", "keys", "tree", "verify"]
