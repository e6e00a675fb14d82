"""`python -m opscope.cli` is `opscope`."""

import sys

from opscope.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
