"""The printed parts, one module each. Shapes are made where they sit in the instrument."""
