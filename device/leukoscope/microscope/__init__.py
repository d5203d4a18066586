"""Light and camera: from a press to a field."""
