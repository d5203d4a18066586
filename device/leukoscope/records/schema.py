"""The tables of the record database. Any SQLite tool can read them. Some of their text columns hold JSON."""

SCHEMA_VERSION = 2
"""Version of the tables, kept in PRAGMA user_version. A database with a higher version is refused.

Version 2: cells may have types and measurements, and verdicts a differential and the state of the control slides.
These are new keys in the JSON of existing columns. So a database of version 1 is the same as one of version 2 in which
no cell was read. The new number keeps software that knows only version 1 from misreading new records.
"""

MIGRATIONS = {1: "BEGIN IMMEDIATE; PRAGMA user_version = 2; COMMIT;"}
"""SQL that brings each older version to the next."""

CREATE = f"""
BEGIN IMMEDIATE;
CREATE TABLE slides (
    number INTEGER PRIMARY KEY CHECK (number >= 1),
    verdict TEXT NOT NULL,
    ended_by TEXT,
    notice TEXT NOT NULL
) STRICT;
CREATE TABLE fields (
    record INTEGER PRIMARY KEY AUTOINCREMENT,
    slide INTEGER NOT NULL REFERENCES slides (number),
    number INTEGER NOT NULL CHECK (number >= 1),
    picture TEXT NOT NULL UNIQUE,
    picture_sha256 TEXT NOT NULL,
    picture_removed INTEGER NOT NULL,
    width_px INTEGER NOT NULL,
    height_px INTEGER NOT NULL,
    um_per_px REAL NOT NULL,
    off_level REAL,
    metadata TEXT NOT NULL,
    reading TEXT NOT NULL,
    verdict TEXT,
    slide_verdict TEXT NOT NULL,
    model_name TEXT NOT NULL,
    model_version TEXT NOT NULL,
    model_sha256 TEXT NOT NULL,
    calibration_sha256 TEXT,
    software_version TEXT NOT NULL,
    boot_id TEXT NOT NULL,
    monotonic_s REAL NOT NULL,
    wall_time TEXT NOT NULL,
    clock_synced INTEGER NOT NULL,
    simulated INTEGER NOT NULL,
    notice TEXT NOT NULL,
    UNIQUE (slide, number)
) STRICT;
PRAGMA user_version = {SCHEMA_VERSION};
COMMIT;
"""

FIELD_COLUMNS = (
    "slide",
    "number",
    "picture",
    "picture_sha256",
    "picture_removed",
    "width_px",
    "height_px",
    "um_per_px",
    "off_level",
    "metadata",
    "reading",
    "verdict",
    "slide_verdict",
    "model_name",
    "model_version",
    "model_sha256",
    "calibration_sha256",
    "software_version",
    "boot_id",
    "monotonic_s",
    "wall_time",
    "clock_synced",
    "simulated",
    "notice",
)
"""The columns of `fields` that a writer fills. SQLite counts `record` itself."""

# Only the names above go into these queries, so no user input can.
INSERT_FIELD = (
    f"INSERT INTO fields ({', '.join(FIELD_COLUMNS)})"  # noqa: S608
    f" VALUES ({', '.join(':' + column for column in FIELD_COLUMNS)}) RETURNING record"
)
SELECT_FIELDS = (
    f"SELECT record, {', '.join(FIELD_COLUMNS)}"  # noqa: S608
    " FROM fields WHERE slide = ? ORDER BY record"
)
COUNT_PICTURES = "SELECT count(*) FROM fields WHERE NOT picture_removed"
SELECT_SLIDES = """
SELECT s.number, s.verdict, s.ended_by, min(f.record), f.wall_time AS begun, f.clock_synced,
       count(*) AS fields_kept, count(*) - count(f.verdict) AS fields_refused,
       sum(f.simulated) > 0 AS simulated
FROM slides AS s JOIN fields AS f ON f.slide = s.number
WHERE s.number = coalesce(?, s.number) GROUP BY s.number ORDER BY s.number
"""
"""One row per slide. SQLite takes the plain columns (begun, clock_synced) from the row that min() found. This works
only if the query has a single min() or max()."""
