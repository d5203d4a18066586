"""The button that a person presses and the screens that a person sees. Knows nothing of the microscope."""
