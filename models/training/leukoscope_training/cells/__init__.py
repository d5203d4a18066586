"""Trains the cell reader: a network that gives the type of each white cell."""
