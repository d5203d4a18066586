"""A simulated microscope that needs no Pi: rendered smears, optics, simulated parts, and faults to try out."""
