"""The microscope without a Pi: rendered smears, optics, simulated parts and injectable faults."""
