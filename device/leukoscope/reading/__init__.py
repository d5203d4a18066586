"""From a field to a verdict: gates, white cells, model, pooling. No I/O, no clock, no hardware."""
