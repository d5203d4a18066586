"""What a person types: one module a command, the only room that prints."""
