"""The sentence that this instrument makes no diagnosis, and the mark of simulated results."""

NOTICE = "Research instrument. Not a diagnosis."
"""Shown on the boot screen, in every record and report, and in the README."""

SIMULATED = "SIMULATED"
"""Marks everything that came from the simulator."""
