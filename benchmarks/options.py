"""The words that every benchmark's command line shares."""

import argparse
from pathlib import Path

from portal.config import ROOT


def parser_of(part, text, *, rounds, seconds=0.7):
    """A parser for `python -m benchmarks.<part>`; of the package itself without a part."""
    program, file = "python -m benchmarks", "benchmarks"
    if part:
        program, file = f"{program}.{part}", f"{file}-{part}"
    parser = argparse.ArgumentParser(prog=program, description=text)
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--seconds", type=float, default=seconds, help="of each half of a round")
    parser.add_argument("--json", type=Path, default=ROOT / "instance" / f"{file}.json")
    return parser


def known(parser, kind, asked, all_of_them):
    """Those that were asked for, or all; ends with a message when one is unknown."""
    unknown = set(asked) - set(all_of_them)
    if unknown:
        names = ", ".join(sorted(unknown))
        parser.error(f"no {kind} {names}: choose of {', '.join(all_of_them)}")
    return asked or list(all_of_them)
