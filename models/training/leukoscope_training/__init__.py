"""How the bundles in models/ are made: splits, training, conversion, measuring.

Never installed on the device: it needs the project's [train] extra and the images in ../shared/data.
"""
