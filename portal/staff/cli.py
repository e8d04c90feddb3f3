"""Commands of the staff room."""

import click

COMMANDS: tuple[click.Command, ...] = ()
