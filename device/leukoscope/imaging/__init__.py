"""Image processing without hardware or files: background, flat field, scaling, sharpness, shapes."""
