"""Queues: values that wait between steps, put in and taken out by ops, from many threads."""

from opscope.runtime.queues.queue import FIFOQueue, PaddingFIFOQueue, QueueBase, RandomShuffleQueue

__all__ = ["FIFOQueue", "PaddingFIFOQueue", "QueueBase", "RandomShuffleQueue"]
