"""Print docs/names.md: which names of TensorFlow 1 opscope.runtime has, and which it has not.

`make docs` writes the file; tests/test_documentation.py compares it.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from public_names import ABSENT, absent_names, read_names

HEADING = """\
# Names

Written by `make docs` from the names of `tensorflow.compat.v1` (of TensorFlow 2.21, without
`tf.estimator`, which is a package of its own) and from the list of those that are not here
(`tests/support/public_names.py`). A test compares both with TensorFlow.

`import opscope.runtime as tf` gives what `import tensorflow.compat.v1 as tf` gives, but for the
names of the first section. `tf.compat.v1` is the module itself.
"""


def listed(names: Iterable[str]) -> str:
    """Names in lines, as code."""
    return textwrap.fill(", ".join(f"`{name}`" for name in names), 100, break_on_hyphens=False)


def page() -> str:
    """The page as Markdown."""
    absent = absent_names()
    here: dict[str, list[str]] = {}
    for module, names in sorted(read_names().items()):
        prefix = f"{module}." if module else ""
        here[module] = [n for n in names if prefix + n not in absent]
    count = sum(len(names) for names in here.values())
    parts = [HEADING, f"{count} names are here, {len(absent)} are not.\n", "## Not here\n"]
    for reason, listing in ABSENT.items():
        parts.append(f"### {reason[0].upper()}{reason[1:]}\n")
        parts.append(listed(f"tf.{n.rstrip('/')}" for n in listing.split()) + "\n")
    parts.append("## Here\n")
    for module, names in here.items():
        parts.append(f"### tf.{module}\n" if module else "### tf\n")
        parts.append(listed(n.rstrip("/") for n in names) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(page())
