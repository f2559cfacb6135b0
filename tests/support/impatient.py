"""``rtnb serve`` with a supervisor of little patience: arguments of `Patience` first, as JSON, then the usual ones."""

from __future__ import annotations

import json
import sys
from functools import partial
from unittest.mock import patch

from rtnb.cli import main
from rtnb.server import embedded
from rtnb.server.cluster.process import Patience

if __name__ == "__main__":
    patience = Patience(**json.loads(sys.argv[1]))
    # Workers are the usual command: patience is the supervisor's.
    with patch.object(embedded, "Supervisor", partial(embedded.Supervisor, patience=patience)):
        sys.exit(main(["serve", *sys.argv[2:]]))
