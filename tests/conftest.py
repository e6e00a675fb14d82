"""What every test may rely on."""

from __future__ import annotations

import signal

# A suite that is started in the background ignores Ctrl-C, and so would the programs that tests
# start and interrupt.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
