"""`flask worker`: does the jobs until it is told to stop."""

import signal
from types import FrameType

import click
from flask.cli import ScriptInfo, pass_script_info

from portal.core.database import db
from portal.core.starting import reason_not_to_start
from portal.jobs.worker import Worker
from portal.web.commands import on_any_database


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now, then end.")
@on_any_database
@pass_script_info
def worker(info: ScriptInfo, *, once: bool) -> None:
    """Do background jobs: send mail, tidy up. SIGTERM ends it after the present job."""
    app = info.load_app()
    with app.app_context():
        if reason := reason_not_to_start():
            raise click.ClickException(reason)
    runner = Worker(app)

    def stop(number: int, _frame: FrameType | None) -> None:
        runner.stopping.set()
        signal.signal(number, signal.SIG_DFL)  # a second one ends it at once

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    runner.run(once=once)
    with runner.app.app_context():
        db.engine.dispose()  # the last connection to a SQLite file takes its log in


COMMANDS: tuple[click.Command, ...] = (worker,)
