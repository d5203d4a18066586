"""Writes the records. Every verdict is on the disk, with its evidence, before the panel shows it."""

from __future__ import annotations

import fcntl
import hashlib
import sqlite3
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from leukoscope.errors import StoreError, UnknownSlideError
from leukoscope.field import Field
from leukoscope.notice import NOTICE, SIMULATED
from leukoscope.reading.results import FieldReading, Verdict
from leukoscope.records.codec import dump, verdict_to_json
from leukoscope.records.database import open_for_writing, translate_errors
from leukoscope.records.disk import store_error
from leukoscope.records.pictures import Pictures
from leukoscope.records.png import encode_png
from leukoscope.records.provenance import Provenance
from leukoscope.records.reader import RecordReader
from leukoscope.records.record import EndedBy, FieldRecord
from leukoscope.records.rows import as_stored, field_to_row
from leukoscope.records.schema import INSERT_FIELD
from leukoscope.records.slide_number import format_slide_number


class RecordStore(RecordReader):
    """The records in a folder, for the one process that writes them. Only one thread may use it.

    Opening makes missing files and folders, removes files that a power cut left half-written, and renames a damaged
    database. `notices` then tells a person about the database.

    >>> with RecordStore(Path("/var/lib/leukoscope"), min_free_bytes=500_000_000) as store:
    ...     store.close_interrupted()
    ...     slide = store.next_slide()
    ...     store.add_field(slide, field, reading, field_verdict, slide_verdict, provenance)
    ...     store.finish_slide(slide, slide_verdict, EndedBy.PERSON)
    """

    def __init__(self, root: Path, *, min_free_bytes: int) -> None:
        """Open the records, or begin them.

        Args:
            root: Their folder.
            min_free_bytes: Stay free on its disk.

        Raises:
            StoreError: Another process writes here, a newer version of the software made the records, or the disk
                can't be written.
        """
        self.notices: tuple[str, ...] = ()
        self._encoder = ThreadPoolExecutor(1, thread_name_prefix="png")
        self._encoding: tuple[_PictureKey, Future[bytes]] | None = None
        try:
            root.mkdir(parents=True, exist_ok=True)
            self._lock = _only_writer(root)
            try:
                super().__init__(root)
            except BaseException:
                self._lock.close()
                raise
            try:
                self._pictures = Pictures(root, min_free_bytes=min_free_bytes)
                self._next_slide = self._find_next_slide()
                self._mark_pictures_gone()
            except BaseException:
                self.close()
                raise
        except StoreError:
            raise
        except OSError as error:
            raise store_error("keep records", root, error) from error

    def _open(self) -> sqlite3.Connection:
        connection, notice = open_for_writing(self._path)
        if notice:
            self.notices = (notice,)
        return connection

    def close(self) -> None:
        """Close the records, so that another process may write them. A second call does nothing."""
        super().close()
        self._encoder.shutdown()
        self._lock.close()

    def next_slide(self) -> int:
        """Return the number of the next slide, which the screen READY shows.

        A slide has the number for good once `add_field` has kept its first field.
        """
        return self._next_slide

    def start_encoding(self, slide: int, field: Field, *, simulated: bool) -> None:
        """Start to encode the picture of the field that `add_field` gets next, on a second core.

        It only makes the answer to a press quicker. If `add_field` gets another field, it encodes that one.

        Raises:
            StoreError: As for `add_field`.
        """
        with translate_errors(self._path):
            number = self._next_field(slide)
        key = _PictureKey(id(field), slide, number, simulated or field.simulated)
        self._encoding = (key, self._encoder.submit(_encode, key, field))

    def _picture(self, key: _PictureKey, field: Field) -> bytes:
        """Return the PNG of a field. If it is already being encoded, wait for that."""
        encoding, self._encoding = self._encoding, None
        if encoding is not None and encoding[0] == key:
            return encoding[1].result()
        return _encode(key, field)

    def add_field(
        self,
        slide: int,
        field: Field,
        reading: FieldReading,
        field_verdict: Verdict | None,
        slide_verdict: Verdict,
        provenance: Provenance,
    ) -> FieldRecord:
        """Keep a field: its picture, then its record and the slide's verdict in one transaction.

        When this returns, picture and record are on the disk. After an error neither is.

        Args:
            slide: `next_slide()` or an unfinished slide.
            field: Kept as a picture. If it or the provenance is simulated, the record is too.
            reading: The reading of the field.
            field_verdict: The verdict of the field alone; None if a gate refused the field.
            slide_verdict: The verdict of all fields so far.
            provenance: What made the record.

        Returns:
            The record as it will be read back.

        Raises:
            DiskFullError: There is no room, even after removing the oldest pictures.
            StoreError: The disk can't be written, or the slide is finished.
        """
        with translate_errors(self._path):
            number = self._next_field(slide)
        simulated = field.simulated or provenance.simulated
        png = self._picture(_PictureKey(id(field), slide, number, simulated), field)
        self._make_room(len(png), slide)
        kept = FieldRecord(
            record=0,  # counted by the database
            slide=slide,
            number=number,
            picture=self._pictures.write(slide, number, png),
            picture_sha256=hashlib.sha256(png).hexdigest(),
            picture_removed=False,
            width_px=field.width_px,
            height_px=field.height_px,
            um_per_px=field.um_per_px,
            off_level=field.off_level,
            metadata=field.metadata,
            reading=reading,
            verdict=field_verdict,
            slide_verdict=slide_verdict,
            provenance=replace(provenance, simulated=simulated),
        )
        try:
            with translate_errors(self._path), self._transaction():
                self._connection.execute(
                    "INSERT INTO slides (number, verdict, notice) VALUES (?, ?, ?)"
                    " ON CONFLICT (number) DO UPDATE SET verdict = excluded.verdict",
                    (slide, dump(verdict_to_json(slide_verdict)), NOTICE),
                )
                ((record,),) = self._connection.execute(INSERT_FIELD, field_to_row(kept)).fetchall()
        except BaseException:
            self._pictures.discard(kept.picture)
            raise
        self._next_slide = max(self._next_slide, slide + 1)
        return replace(as_stored(kept), record=record)

    def finish_slide(self, slide: int, verdict: Verdict, ended_by: EndedBy) -> None:
        """Give a slide its final verdict.

        Raises:
            UnknownSlideError: The slide has no field.
            StoreError: The slide is already finished, or the disk can't be written.
        """
        with translate_errors(self._path):
            changed = self._connection.execute(
                "UPDATE slides SET verdict = ?, ended_by = ? WHERE number = ? AND ended_by IS NULL",
                (dump(verdict_to_json(verdict)), ended_by.value, slide),
            ).rowcount
        if changed == 0:
            self._refuse_finished(slide)
            raise UnknownSlideError(f"slide {format_slide_number(slide)} has no field yet")

    def close_interrupted(self) -> tuple[int, ...]:
        """Finish the slides that a restart left unfinished, with their last verdict. Return their numbers."""
        with translate_errors(self._path):
            rows = self._connection.execute(
                "UPDATE slides SET ended_by = ? WHERE ended_by IS NULL RETURNING number",
                (EndedBy.RESTART.value,),
            ).fetchall()
        return tuple(sorted(row["number"] for row in rows))

    def _find_next_slide(self) -> int:
        """Return the number above every slide that has a record or a picture."""
        with translate_errors(self._path):
            query = "SELECT coalesce(max(number), 0) FROM slides"
            ((highest,),) = self._connection.execute(query).fetchall()
        return max(int(highest), self._pictures.highest_slide()) + 1

    def _next_field(self, slide: int) -> int:
        """Return the number of the next field of `slide`.

        Raises:
            StoreError: The slide is finished, or is neither known nor the next one.
        """
        query = "SELECT count(*) FROM fields WHERE slide = ?"
        ((count,),) = self._connection.execute(query, (slide,)).fetchall()
        if count == 0 and slide != self._next_slide:
            raise StoreError(
                f"{format_slide_number(slide)} is not the next slide: that is "
                f"{format_slide_number(self._next_slide)}"
            )
        self._refuse_finished(slide)
        return int(count) + 1

    def _refuse_finished(self, slide: int) -> None:
        query = "SELECT 1 FROM slides WHERE number = ? AND ended_by IS NOT NULL"
        if self._connection.execute(query, (slide,)).fetchone() is not None:
            raise StoreError(f"slide {format_slide_number(slide)} is finished already")

    def _make_room(self, needed_bytes: int, slide: int) -> None:
        try:
            removed = self._pictures.make_room(needed_bytes, spare_slide=slide)
        except StoreError:
            raise
        except OSError as error:
            raise store_error("make room", self._root, error) from error
        if removed:
            self._mark_removed(removed)

    def _mark_removed(self, pictures: list[str]) -> None:
        # This comes after the removal, because on a full disk nothing could be written before it.
        with translate_errors(self._path), self._transaction():
            self._connection.executemany(
                "UPDATE fields SET picture_removed = 1 WHERE picture = ?",
                [(picture,) for picture in pictures],
            )

    def _mark_pictures_gone(self) -> None:
        """Mark the pictures that were removed shortly before a power cut. The oldest pictures are removed first."""
        with translate_errors(self._path):
            rows = self._connection.execute(
                "SELECT picture FROM fields WHERE picture_removed = 0 ORDER BY record"
            )
            gone: list[str] = []
            for (picture,) in rows:
                if self._pictures.exists(picture):
                    break
                gone.append(picture)
            rows.close()
        if gone:
            self._mark_removed(gone)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Commit on success, undo on any error."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            # When the disk is full, SQLite has already rolled back.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise


@dataclass(frozen=True)
class _PictureKey:
    """Identifies an encoded picture by the field object and the texts in its file."""

    field_id: int
    slide: int
    number: int
    simulated: bool


def _encode(key: _PictureKey, field: Field) -> bytes:
    title = f"{format_slide_number(key.slide)} field {key.number}"
    texts = {"Title": f"{title} {SIMULATED}" if key.simulated else title}
    return encode_png(Image.fromarray(field.rgb), texts, um_per_px=field.um_per_px)


def _only_writer(root: Path) -> BinaryIO:
    """Lock `root` until the returned file is closed, or the process ends.

    Raises:
        StoreError: Another process holds the lock.
    """
    lock = (root / "records.lock").open("wb")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise StoreError(
            f"{root}: another Leukoscope process writes here: stop it first "
            "(systemctl stop leukoscope)"
        ) from None
    return lock
