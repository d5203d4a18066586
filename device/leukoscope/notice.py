"""What every screen, record and report carries."""

NOTICE = "Research instrument. Not a diagnosis."
"""On the boot screen, in every record, report and in the README."""

SIMULATED = "SIMULATED"
"""The mark of whatever came from the simulator."""
