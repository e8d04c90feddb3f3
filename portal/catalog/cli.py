"""Commands of catalog."""

import click

COMMANDS: tuple[click.Command, ...] = ()
