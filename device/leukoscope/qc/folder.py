"""Keeps control slides, one file each, which is there whole or not at all. No file is ever deleted."""

from __future__ import annotations

import itertools
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import tomli_w

from leukoscope.qc.errors import QcError
from leukoscope.qc.series import QcScope, QcSlide
from leukoscope.qc.slide_file import damaged, parse_qc_slide, to_toml
from leukoscope.records.disk import numbered_entries, store_error
from leukoscope.records.slide_number import (
    SLIDE_NAME,
    format_slide_number,
    parse_slide_number,
)
from leukoscope.settings.toml_table import TomlTable
from leukoscope.system.durable import fsync_folder, hand_over, write_durably

RESTARTED = "restarted.toml"
"""Names the last slide of the earlier series. Later slides make a new reference."""

_FILE = re.compile(rf"{SLIDE_NAME.pattern}\.toml")


@dataclass(frozen=True)
class QcSlides:
    """The control slides that count.

    Attributes:
        slides: The slides, oldest first.
        others: Number of slides of another scope: another model read them, or only one of the two is simulated.
        problems: What is wrong with files that can't be used, one line each.
    """

    slides: tuple[QcSlide, ...]
    others: int
    problems: tuple[str, ...]


class QcFolder:
    """The folder `control` in the state directory: S0042.toml is the control slide S0042.

    >>> folder = QcFolder(Path("/var/lib/leukoscope/control"))
    >>> folder.keep(slide)
    >>> series = judge_series(folder.load(slide.made_for).slides)
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def load(self, made_for: QcScope) -> QcSlides:
        """Return the control slides since the last restart. A file that can't be used is a problem, not an error."""
        slides: list[QcSlide] = []
        problems: list[str] = []
        others = 0
        try:
            after = self._restarted_after()
            numbers = sorted(number for number in self._numbers() if number > after)
        except QcError as error:
            return QcSlides((), 0, (str(error),))
        except OSError as error:
            problem = f"{self.root}: can't look for control slides: {error.strerror}"
            return QcSlides((), 0, (problem,))
        for number in numbers:
            try:
                slide = self._read(number)
            except QcError as error:
                problems.append(str(error))
                continue
            if slide.made_for == made_for:
                slides.append(slide)
            else:
                others += 1
        return QcSlides(tuple(slides), others, tuple(problems))

    def changed(self) -> int:
        """Return a number that changes whenever a control slide is kept or removed."""
        try:
            return self.root.stat().st_mtime_ns
        except OSError:  # no slide was kept yet; `load` reports anything worse
            return 0

    def keep(self, slide: QcSlide) -> None:
        """Keep a control slide. It is on the disk when this returns.

        Raises:
            QcError: It is already a control slide, or was read before the last restart.
            StoreError: The disk can't be written.
        """
        path = self._path(slide.slide)
        if path.exists():
            raise QcError(f"{slide.slide} is a control slide already", "It is a control", "already")
        if parse_slide_number(slide.slide) <= self._restarted_after():
            raise QcError(
                f"{slide.slide} was read before the control slides were restarted: take a newer slide",
                "Controls restarted",
                "since this slide",
            )
        self._write(path, to_toml(slide))

    def remove(self, slide: str) -> Path:
        """Stop using a slide as a control slide. Its file is renamed, not deleted.

        Returns:
            The new path of its file.

        Raises:
            QcError: It is not a control slide.
            StoreError: The disk can't be written.
        """
        path = self._path(slide)
        names = (self.root / f"{slide}.removed-{count}.toml" for count in itertools.count(1))
        removed = next(name for name in names if not name.exists())
        try:
            path.rename(removed)
            fsync_folder(self.root)
        except FileNotFoundError as error:
            raise QcError(f"{slide} is not a control slide", "It is no control", "") from error
        except OSError as error:
            raise store_error("remove the control slide", path, error) from error
        return removed

    def restart(self) -> str:
        """Begin a new series. The slides so far are kept, but no longer count.

        Returns:
            The name of the last slide that no longer counts.

        Raises:
            QcError: There is no control slide yet.
            StoreError: The disk can't be written.
        """
        numbers = self._numbers()
        if not numbers:
            raise QcError("there is no control slide yet: nothing to restart", "", "")
        last = format_slide_number(max(numbers))
        text = f"# Control slides up to this one count no more.\n{tomli_w.dumps({'after': last})}"
        self._write(self.root / RESTARTED, text)
        return last

    def _restarted_after(self) -> int:
        path = self.root / RESTARTED
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return 0
        except (OSError, ValueError, RecursionError) as error:
            raise _unreadable(f"{path}: {error}") from error
        after = TomlTable(document, str(path), _unreadable).text("after")
        if not SLIDE_NAME.fullmatch(after):
            raise _unreadable(f"{path}: after must be a slide number such as 'S0042'")
        return parse_slide_number(after)

    def _numbers(self) -> list[int]:
        return [number for number, _ in numbered_entries(self.root, _FILE)]

    def _read(self, number: int) -> QcSlide:
        path = self._path(format_slide_number(number))
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise damaged(f"control slide {path}: can't be read ({error})") from error
        slide = parse_qc_slide(text, f"control slide {path}")
        if parse_slide_number(slide.slide) != number:
            raise damaged(f"control slide {path}: its file is of {slide.slide}")
        return slide

    def _path(self, slide: str) -> Path:
        return self.root / f"{slide}.toml"

    def _write(self, path: Path, text: str) -> None:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            hand_over(self.root, self.root.parent)
            write_durably(path, text.encode())
            hand_over(path, self.root.parent)
        except OSError as error:
            raise store_error("write the control slide", path, error) from error


def _unreadable(message: str) -> QcError:
    return QcError(
        f"{message}: no control slide counts until leukoscope control restart", "CONTROL", "damaged"
    )
