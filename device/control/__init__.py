"""Control slides: what normal cells look like where the device stands, and whether that still holds."""
