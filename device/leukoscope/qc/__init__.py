"""Quality control by control slides: normal slides show whether the device still reads normal cells as before."""
