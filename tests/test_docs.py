"""The documents: short lines, links and paths that lead somewhere, plain words."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from leukoscope.errors import Fault

README_BYTES = 9000
LINE = 120
STALE_WORDS = re.compile("|".join(("an" + "ew", "he" + "ed", "reck" + "on")), re.IGNORECASE)
"""Words that a technician stumbles over; put together here so that this file does not hold them."""

NOT_PROSE = re.compile(r"^CHANGELOG\.md$|^hardware/(step|stl)/|requirements[^/]*\.txt$")

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`]+)`")
PATH = re.compile(r"(device|docs|hardware|models|systemd|tests)(/[\w.-]+)+/?")
"""What looks like a path of this project."""
SCRIPT = re.compile(r"[\w-]+\.(py|sh|md)")
"""What looks like a file's name alone."""


def tracked(checkout: Path, *patterns: str) -> list[Path]:
    if shutil.which("git") is None:
        pytest.skip("git is not on this machine")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *patterns],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    return [checkout / name for name in listed.stdout.split("\0") if name]


def text_of(path: Path) -> str:
    """What a text file holds; nothing of a binary one, or of one that was just removed."""
    content = path.read_bytes() if path.is_file() else b""
    return "" if b"\0" in content else content.decode("utf-8")


def pages(checkout: Path) -> list[Path]:
    """All but the changelog, which names files of its day."""
    return [path for path in tracked(checkout, "*.md") if path.name != "CHANGELOG.md"]


def prose(text: str) -> Iterator[tuple[int, str]]:
    """The lines outside code blocks, with their numbers."""
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            inside = not inside
        elif not inside:
            yield number, line


def joined(page: Path) -> str:
    """The page without its code blocks; a link may run over the end of a line."""
    return "\n".join(line for _, line in prose(page.read_text(encoding="utf-8")))


def anchors(text: str) -> set[str]:
    """The anchors of the headings, as GitHub makes them."""
    found: set[str] = set()
    for _, line in prose(text):
        if heading := re.match(r"#+ (.+)", line):
            plain = re.sub(r"[^\w\- ]", "", LINK.sub("", heading[1]).lower())
            anchor = plain.strip().replace(" ", "-")
            name, count = anchor, 0
            while name in found:
                count += 1
                name = f"{anchor}-{count}"
            found.add(name)
    return found


def is_links_only(line: str) -> bool:
    return not re.sub(r"[\s.,;:*>-]", "", LINK.sub("", line))


def test_ok__the_readme_is_short(checkout: Path) -> None:
    assert (checkout / "README.md").stat().st_size <= README_BYTES


def test_ok__lines_of_prose_are_at_most_120_characters(checkout: Path) -> None:
    long = [
        f"{page.relative_to(checkout)}:{number}: {len(line)}"
        for page in tracked(checkout, "*.md")
        for number, line in prose(page.read_text(encoding="utf-8"))
        if len(line) > LINE and not line.startswith("|") and not is_links_only(line)
    ]
    assert not long


def test_ok__every_link_leads_somewhere(checkout: Path) -> None:
    broken = []
    for page in pages(checkout):
        for link in LINK.findall(joined(page)):
            if re.match(r"[a-z]+:", link):
                continue
            path, _, anchor = link.partition("#")
            target = page if not path else (page.parent / path).resolve()
            is_page = target.suffix == ".md" and target.is_file()
            if not target.exists() or (
                anchor and is_page and anchor not in anchors(target.read_text(encoding="utf-8"))
            ):
                broken.append(f"{page.relative_to(checkout)}: {link}")
    assert not broken


def test_ok__every_path_in_backticks_is_there(checkout: Path) -> None:
    names = {path.name for path in tracked(checkout)}
    missing = [
        f"{page.relative_to(checkout)}: {code}"
        for page in pages(checkout)
        for code in CODE.findall(joined(page))
        if (PATH.fullmatch(code) and not (checkout / code).exists())
        or (SCRIPT.fullmatch(code) and code not in names)
    ]
    assert not missing


def test_ok__plain_words(checkout: Path) -> None:
    found = [
        f"{name}:{number}: {line.strip()[:80]}"
        for path in tracked(checkout)
        if not NOT_PROSE.search(name := str(path.relative_to(checkout)))
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if STALE_WORDS.search(line)
    ]
    assert not found, "\n".join(found)


def test_ok__the_page_of_the_panel_names_every_fault(checkout: Path) -> None:
    page = (checkout / "docs" / "panel.md").read_text(encoding="utf-8")
    for fault in Fault:
        assert f"| {fault.code} {fault.title} |" in page


def test_ok__the_page_of_commands_names_every_command(checkout: Path) -> None:
    page = (checkout / "docs" / "commands.md").read_text(encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "leukoscope", "--help"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    commands = re.findall(r"^    ([a-z][a-z-]+)\b", ran.stdout, re.MULTILINE)
    assert "run" in commands
    assert [name for name in commands if f"\nleukoscope {name} " not in page] == []
