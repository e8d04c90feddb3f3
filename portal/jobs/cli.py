"""Commands of the jobs room."""

import click

COMMANDS: tuple[click.Command, ...] = ()
