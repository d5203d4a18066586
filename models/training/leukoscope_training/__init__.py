"""Makes the bundles in models/: splits the data, trains, converts and evaluates.

It is never installed on the device. It needs the project's [train] extra and the images in ../shared/data.
"""
