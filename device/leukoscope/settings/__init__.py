"""The settings, and editing their file."""
