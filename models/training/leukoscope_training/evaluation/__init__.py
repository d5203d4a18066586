"""Evaluates a bundle on labelled fields."""
