"""A training that writes ten steps a second; says when each was on disk.

    python -m benchmarks.live_training FOLDER SECONDS

Each step has five scalars, each tenth a histogram. After a step a line is printed: the step, and
the time (seconds since the epoch) at which it was in the file.
"""

import math
import random
import sys
import time

from opscope.events import EventFileWriter
from opscope.events.proto.event_pb2 import Event
from opscope.events.proto.summary_pb2 import Summary

STEPS_PER_SECOND = 10
TAGS = ("loss", "accuracy", "rate", "norm", "step")


def main(folder: str, seconds: float) -> None:
    """Write until the time is over; a step that is late does not delay the next ones."""
    writer = EventFileWriter(folder)
    begin = time.time()
    for step in range(round(seconds * STEPS_PER_SECOND)):
        time.sleep(max(0.0, begin + step / STEPS_PER_SECOND - time.time()))
        falls = math.exp(-step / 500) + random.uniform(0, 0.1)
        numbers = (falls, 1 - falls / 2, 1 / (1 + step), 10 * falls, float(step))
        values = [
            Summary.Value(tag=tag, simple_value=value)
            for tag, value in zip(TAGS, numbers, strict=True)
        ]
        if step % 10 == 0:
            spread = Summary.Value(tag="weights")
            spread.histo.min, spread.histo.max, spread.histo.num = -1, 1, 100
            spread.histo.bucket_limit.extend(n / 15 - 1 for n in range(1, 31))
            spread.histo.bucket.extend(random.uniform(0, 6) for _ in range(30))
            values.append(spread)
        writer.add_event(Event(wall_time=time.time(), step=step, summary=Summary(value=values)))
        writer.flush()
        print(step, time.time(), flush=True)
    writer.close()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
