"""The microscope, made by code and checked by tests/hardware. Nothing here runs on the device."""
