"""Keeps the pictures beside the database, in one folder per slide: pictures/S0042/S0042-003.png."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from leukoscope.errors import DiskFullError
from leukoscope.records.disk import free_bytes, numbered_entries, store_error
from leukoscope.records.slide_number import SLIDE_NAME, format_slide_number
from leukoscope.system.durable import fsync_folder, write_durably

_AHEAD = 32
"""Room is made for so many further pictures at once, because listing thousands of folders takes time."""


class Pictures:
    """The picture files in a store's folder. All paths are relative to that folder.

    The slide folder with the highest number stays even if its pictures are removed. If the database is lost, slides
    are counted on from that number.
    """

    def __init__(self, root: Path, *, min_free_bytes: int) -> None:
        """Make the folders for pictures, and remove files that a power cut left half-written.

        Args:
            root: The store's folder. It exists.
            min_free_bytes: Stay free on its disk.

        Raises:
            OSError: A folder can't be made or read.
        """
        self._root = root
        self._min_free_bytes = min_free_bytes
        self._folder = root / "pictures"
        self._incoming = root / "incoming"
        for folder in (self._folder, self._incoming):
            folder.mkdir(exist_ok=True)
        fsync_folder(root)
        # A power cut may have left temporary files. No record names them.
        for leftover in self._incoming.iterdir():
            leftover.unlink()

    def highest_slide(self) -> int:
        """Return the highest slide number that has a folder; 0 if there is none."""
        return max((number for number, _ in self._slide_folders()), default=0)

    def write(self, slide: int, number: int, png: bytes) -> str:
        """Keep the picture of field `number` of `slide`, and return its path.

        Raises:
            StoreError: It can't be written.
        """
        name = format_slide_number(slide)
        path = self._folder / name / f"{name}-{number:03d}.png"
        try:
            if not path.parent.is_dir():
                path.parent.mkdir()
                fsync_folder(self._folder)
            write_durably(path, png, by_way_of=self._incoming)
        except OSError as error:
            raise store_error("write the picture", path, error) from error
        return str(path.relative_to(self._root))

    def discard(self, picture: str) -> None:
        """Remove a picture whose record could not be written."""
        (self._root / picture).unlink(missing_ok=True)

    def exists(self, picture: str) -> bool:
        """Return whether the picture is on the disk."""
        return (self._root / picture).is_file()

    def make_room(self, needed_bytes: int, *, spare_slide: int) -> list[str]:
        """Remove the oldest pictures until `needed_bytes` fit and the minimum stays free.

        Args:
            needed_bytes: Size of the file to be written next.
            spare_slide: The slide on the stage. Its pictures stay.

        Returns:
            The paths of the removed pictures.

        Raises:
            DiskFullError: Removing all other pictures would not be enough, so nothing more was removed.
        """
        removed: list[str] = []
        while (short := self._min_free_bytes + needed_bytes - free_bytes(self._root)) > 0:
            folders = sorted(self._slide_folders())
            spared = [folder for number, folder in folders if number != spare_slide]
            for path in self._oldest(spared, short, short + _AHEAD * needed_bytes):
                path.unlink(missing_ok=True)
                removed.append(str(path.relative_to(self._root)))
            for folder in spared:
                if folder == folders[-1][1] or any(folder.iterdir()):
                    break
                folder.rmdir()
        return removed

    def _oldest(self, folders: list[Path], least_bytes: int, wanted_bytes: int) -> list[Path]:
        """Return the oldest pictures in `folders` that together have `wanted_bytes`, or all if that is less.

        Raises:
            DiskFullError: All together have less than `least_bytes`.
        """
        going: list[Path] = []
        found_bytes = 0
        for folder in folders:
            for path in sorted(folder.glob("*.png"), key=lambda path: (len(path.name), path.name)):
                going.append(path)
                found_bytes += path.stat().st_size
                if found_bytes >= wanted_bytes:
                    return going
        if found_bytes < least_bytes:
            raise DiskFullError(
                f"{self._root}: disk full (less than {self._min_free_bytes / 1e6:.0f} MB free) and "
                "too few old pictures to remove: export the records, then free space on the disk"
            )
        return going

    def _slide_folders(self) -> Iterator[tuple[int, Path]]:
        for number, entry in numbered_entries(self._folder, SLIDE_NAME):
            if entry.is_dir():
                yield number, Path(entry.path)
