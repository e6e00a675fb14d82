"""What TensorFlow has in `tensorflow.python.client`: the timeline of a traced run."""

from opscope.runtime.client import timeline

__all__ = ["timeline"]
