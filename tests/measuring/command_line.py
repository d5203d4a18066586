"""Functions for the measuring commands: they read the options, and print tables under their titles."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path


def parse_arguments(
    description: str | None, *, parts: Sequence[str] = (), workers: bool = True
) -> argparse.Namespace:
    """Read the command line.

    Args:
        description: The command's docstring, which --help prints as it is.
        parts: The names that --only accepts; if empty, there is no --only.
        workers: Whether the command takes a number of processes.

    Returns:
        `data`, and `workers` and `only` if the command has them.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--data", type=Path, default=Path("../shared/data"), metavar="DIR", help="the public sets"
    )
    if workers:
        parser.add_argument("--workers", type=int, default=2, metavar="N", help="processes")
    if parts:
        parser.add_argument("--only", choices=parts, help="measure one part (default: all)")
    return parser.parse_args()


def print_tables(title: str, *tables: str) -> None:
    """Print tables under their title, as Markdown."""
    print(f"### {title}\n", *tables, sep="\n", flush=True)
