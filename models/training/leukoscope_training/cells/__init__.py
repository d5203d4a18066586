"""Training of the cell reader: a network that says of each white cell which type it is."""
