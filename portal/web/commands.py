"""How commands join an application: each asks first whether its database is up to date."""

import copy
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click
from flask import Flask
from flask.cli import ScriptInfo

from portal.core.starting import DatabaseBehind, refuse_database_behind

C = TypeVar("C", bound=Callable[..., Any])
_ON_ANY: set[Callable[..., Any]] = set()


def on_any_database(callback: C) -> C:
    """Declares that a command needs no database, or looks at it itself.

    It stands directly below click's own decorators.
    """
    _ON_ANY.add(callback)
    return callback


def add_commands(app: Flask, *commands: click.Command) -> None:
    for command in commands:
        app.cli.add_command(_asking_first(command))


def _asking_first(command: click.Command) -> click.Command:
    """The same, and all that are within: `--help` and wrong words are answered without asking."""
    asking = copy.copy(command)
    if isinstance(asking, click.Group):
        asking.commands = {name: _asking_first(one) for name, one in asking.commands.items()}
    elif asking.callback and asking.callback not in _ON_ANY:
        asking.callback = _asks_first(asking.callback)
    return asking


def _asks_first(callback: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(callback)
    @click.pass_context
    def asks(context: click.Context, /, *args: Any, **kwargs: Any) -> Any:
        with context.ensure_object(ScriptInfo).load_app().app_context():
            try:
                refuse_database_behind()
            except DatabaseBehind as refused:
                raise click.ClickException(str(refused)) from refused
        return context.invoke(callback, *args, **kwargs)

    return asks
