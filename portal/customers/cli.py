"""Commands of customers."""

import click

COMMANDS: tuple[click.Command, ...] = ()
