"""`leukoscope demo`: the appliance on the simulated microscope."""
