"""What the benchmarks that compare with the bare page have in common: their frame and verdict."""

import json
import tempfile
from pathlib import Path

from benchmarks.__main__ import DATABASES
from benchmarks.server import Server


def judge(part, options, *, on_database, table, faults, sizes=None):
    """Measure on each database beside the bare application, and say what misses its target.

    `on_database(name, bare, folder, options)` gives the figures, from which `table` and `faults`
    make lines. The exit code is 1 when a target is missed.
    """
    figures, missed = {}, []
    with tempfile.TemporaryDirectory(prefix=f"portal-{part}-") as name:
        folder = Path(name)
        bare = Server("benchmarks.bare:app", log=folder / "bare.log", environ={})
        try:
            bare.wait("/page")
            for database in options.database or DATABASES:
                figures[database] = on_database(database, bare, folder, options)
                print("\n".join(table(database, figures[database])), flush=True)
                missed += faults(database, figures[database])
        finally:
            bare.stop()
    print("\n".join(f"missed: {fault}" for fault in missed) or "every target is met")
    options.json.parent.mkdir(parents=True, exist_ok=True)
    found = {**(sizes or {}), "figures": figures, "missed": missed}
    options.json.write_text(json.dumps(found, indent=2) + "\n")
    return 1 if missed else 0
