"""`python -m leukoscope` is `leukoscope`."""

import sys

from leukoscope.cli import main

sys.exit(main())
