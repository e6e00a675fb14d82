"""tf.version: the version of TensorFlow whose interface this is, for programs that ask."""

from __future__ import annotations

import sys

from opscope.runtime.graph_def import PRODUCER_VERSION

VERSION = "1.15.5"
GIT_VERSION = "opscope"
COMPILER_VERSION = f"Python {sys.version_info.major}.{sys.version_info.minor}"
GRAPH_DEF_VERSION = PRODUCER_VERSION
GRAPH_DEF_VERSION_MIN_CONSUMER = 0
GRAPH_DEF_VERSION_MIN_PRODUCER = 0
CXX11_ABI_FLAG = 0
CXX_VERSION = 0
MONOLITHIC_BUILD = 0
