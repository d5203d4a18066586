"""The commands that a person types, one module each. Only this package prints."""
