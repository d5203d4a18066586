"""Leukoscope: a blood-smear microscope that reads its own slides. A research instrument, not a diagnosis."""

__version__ = "0.1.0"
