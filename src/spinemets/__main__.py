"""``python -m spinemets`` is the ``spinemets`` command."""

import sys

from spinemets.cli import main

sys.exit(main())
