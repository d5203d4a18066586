"""`python -m leukoscope_training` is `leukoscope-train`."""

import sys

from leukoscope_training.cli import main

sys.exit(main())
