"""Puts the calculated tables into the pages that show them, between two marks each."""

from pathlib import Path


def filled(page: str, name: str, table: str) -> str:
    """The page with the table between its marks of that name.

    Raises:
        ValueError: The page has no such marks.
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"the page has no place for {name}: {begin} … {end}")
    return f"{before}{begin}\n\n{table.strip()}\n\n{end}{after}"


def fill(path: Path, name: str, table: str) -> None:
    """The same, in a file."""
    path.write_text(filled(path.read_text(encoding="utf-8"), name, table), encoding="utf-8")
