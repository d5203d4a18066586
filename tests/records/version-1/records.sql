BEGIN TRANSACTION;
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
INSERT INTO "fields" VALUES(1,1,1,'pictures/S0001/S0001-001.png','32c49a62caf9c9f07d4b23383f9133991e3946e93acb24f9a74b73288b764b3d',0,8,6,0.155,3.25,'{"ExposureTime": 1200, "ColourGains": [1.5, 2.0]}','{"gates": [{"name": "light", "passed": true, "value": 41.2, "unit": "", "low": 8.0, "high": null, "problem": "", "advice": ""}, {"name": "exposure", "passed": true, "value": 201.3, "unit": "", "low": 120.0, "high": 235.0, "problem": "", "advice": ""}, {"name": "clipping", "passed": true, "value": 0.02, "unit": "%", "low": null, "high": 1.0, "problem": "", "advice": ""}, {"name": "focus", "passed": true, "value": 1.31, "unit": "\u00b5m", "low": 0.8, "high": null, "problem": "", "advice": ""}, {"name": "white_cells", "passed": true, "value": 2.0, "unit": "", "low": 1.0, "high": null, "problem": "", "advice": ""}], "white_cells": [{"x0": 10, "y0": 8, "x1": 22, "y1": 20, "nucleus_um2": 60.5}, {"x0": 40, "y0": 30, "x1": 52, "y1": 42, "nucleus_um2": 48.0}], "window": {"x0": 4, "y0": 0, "x1": 60, "y1": 48}, "probabilities": {"normal": 0.03, "ALL": 0.81, "AML": 0.1, "CML": 0.04, "CLL": 0.02}}','{"headline": "ALL", "label": "ALL", "pattern": "acute", "confidence": 0.81, "pattern_confidence": 0.91, "probabilities": {"normal": 0.03, "ALL": 0.81, "AML": 0.1, "CML": 0.04, "CLL": 0.02}, "white_cells": 2, "fields": 1, "reason": null}','{"headline": "ALL", "label": "ALL", "pattern": "acute", "confidence": 0.81, "pattern_confidence": 0.91, "probabilities": {"normal": 0.03, "ALL": 0.81, "AML": 0.1, "CML": 0.04, "CLL": 0.02}, "white_cells": 2, "fields": 1, "reason": null}','paper-cnn','1.0','abababababababababababababababababababababababababababababababab','cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd','0.1.0','dfb4b228-1b09-4b0a-9eaa-bce824b1a903',12.5,'2026-05-09T07:35:25.123Z',1,0,'Research instrument. Not a diagnosis.');
INSERT INTO "fields" VALUES(2,1,2,'pictures/S0001/S0001-002.png','0e4e12efd81917ba8a06e34791cdd85488f53c1b27ede6c392fec49a81a55a47',0,8,6,0.155,3.25,'{"ExposureTime": 1200, "ColourGains": [1.5, 2.0]}','{"gates": [{"name": "light", "passed": true, "value": 41.2, "unit": "", "low": 8.0, "high": null, "problem": "", "advice": ""}, {"name": "exposure", "passed": true, "value": 201.3, "unit": "", "low": 120.0, "high": 235.0, "problem": "", "advice": ""}, {"name": "clipping", "passed": true, "value": 0.02, "unit": "%", "low": null, "high": 1.0, "problem": "", "advice": ""}, {"name": "focus", "passed": false, "value": 0.31, "unit": "\u00b5m", "low": 0.8, "high": null, "problem": "OUT OF FOCUS", "advice": "turn the fine knob"}], "white_cells": [], "window": null, "probabilities": null}',NULL,'{"headline": "acute", "label": null, "pattern": "acute", "confidence": 0.55, "pattern_confidence": 0.91, "probabilities": {"normal": 0.03, "ALL": 0.81, "AML": 0.1, "CML": 0.04, "CLL": 0.02}, "white_cells": 37, "fields": 5, "reason": "acute: ALL or AML?"}','paper-cnn','1.0','abababababababababababababababababababababababababababababababab','cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd','0.1.0','dfb4b228-1b09-4b0a-9eaa-bce824b1a903',12.5,'2026-05-09T07:35:25.123Z',1,0,'Research instrument. Not a diagnosis.');
INSERT INTO "fields" VALUES(3,2,1,'pictures/S0002/S0002-001.png','6476280c2469cac7c6f870cc00fce648d656f61cc304901568f017c40c160f61',0,8,6,0.155,3.25,'{"ExposureTime": 1200, "ColourGains": [1.5, 2.0]}','{"gates": [{"name": "light", "passed": true, "value": 41.2, "unit": "", "low": 8.0, "high": null, "problem": "", "advice": ""}, {"name": "exposure", "passed": true, "value": 201.3, "unit": "", "low": 120.0, "high": 235.0, "problem": "", "advice": ""}, {"name": "clipping", "passed": true, "value": 0.02, "unit": "%", "low": null, "high": 1.0, "problem": "", "advice": ""}, {"name": "focus", "passed": false, "value": 0.31, "unit": "\u00b5m", "low": 0.8, "high": null, "problem": "OUT OF FOCUS", "advice": "turn the fine knob"}], "white_cells": [], "window": null, "probabilities": null}',NULL,'{"headline": "inconclusive", "label": null, "pattern": null, "confidence": 0.0, "pattern_confidence": 0.0, "probabilities": {}, "white_cells": 0, "fields": 0, "reason": "no field could be read"}','paper-cnn','1.0','abababababababababababababababababababababababababababababababab',NULL,'0.1.0','dfb4b228-1b09-4b0a-9eaa-bce824b1a903',12.5,'2026-05-09T07:35:25.123Z',0,1,'Research instrument. Not a diagnosis.');
CREATE TABLE slides (
    number INTEGER PRIMARY KEY CHECK (number >= 1),
    verdict TEXT NOT NULL,
    ended_by TEXT,
    notice TEXT NOT NULL
) STRICT;
INSERT INTO "slides" VALUES(1,'{"headline": "acute", "label": null, "pattern": "acute", "confidence": 0.55, "pattern_confidence": 0.91, "probabilities": {"normal": 0.03, "ALL": 0.81, "AML": 0.1, "CML": 0.04, "CLL": 0.02}, "white_cells": 37, "fields": 5, "reason": "acute: ALL or AML?"}','person','Research instrument. Not a diagnosis.');
INSERT INTO "slides" VALUES(2,'{"headline": "inconclusive", "label": null, "pattern": null, "confidence": 0.0, "pattern_confidence": 0.0, "probabilities": {}, "white_cells": 0, "fields": 0, "reason": "no field could be read"}',NULL,'Research instrument. Not a diagnosis.');
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('fields',3);
COMMIT;
PRAGMA user_version = 1;
