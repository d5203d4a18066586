"""Makes the bundles in models/: splits, training, conversion, evaluation.

Never installed on the device: it needs the project's [train] extra and the images in ../shared/data.
"""
