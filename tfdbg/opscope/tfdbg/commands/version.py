"""`version`: what is installed."""

from __future__ import annotations

from argparse import Namespace

import numpy as np

from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import command
from opscope.tfdbg.run_screen import package_version
from opscope.tfdbg.screen import Screen, text_screen


@command("version", "ver")
def version(context: Analysis, args: Namespace) -> Screen:
    """Print the versions of opscope and of NumPy."""
    own, numpy = package_version(), np.__version__
    rows = [f"opscope version: {own}", "", "Dependency version(s):", f"  numpy: {numpy}", ""]
    return Screen(text_screen(rows).lines, data={"opscope": own, "numpy": numpy})
