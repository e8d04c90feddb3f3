"""Commands of entitlements."""

import click

COMMANDS: tuple[click.Command, ...] = ()
