"""What a person touches and sees: button gestures in, screens out. Knows nothing of the microscope."""
