"""Making a calibration, keeping it, and checking it."""
