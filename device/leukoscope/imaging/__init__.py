"""Pixels in, pixels out: background, flat field, scaling, sharpness, shapes. Pure."""
