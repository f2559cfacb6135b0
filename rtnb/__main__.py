"""``python -m rtnb``."""

import sys

from rtnb.cli import main

sys.exit(main())
