"""Control slides (quality control): what normal cells look like where the device stands, then and now."""
