"""`python -m models.training` is `leukoscope-train`."""

import sys

from models.training.cli import main

sys.exit(main())
