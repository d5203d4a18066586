"""From a field to a verdict: gates, white cells, readers, evidence. No I/O, no clock, no hardware."""
