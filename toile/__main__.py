"""`python -m toile` is the command `toile`."""

import sys

from toile.cli import main

sys.exit(main())
