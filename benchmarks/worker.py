"""A process that times steps for the driver: one JSON request a line in, one JSON answer out."""

import json
import os
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

from benchmarks import many_ops
from benchmarks.models import MODELS

MINIMUM_STEPS = 5
WARM_UP_STEPS = 3


class Worker:
    """Sessions of one module, each made at its first request and kept warm for later rounds."""

    def __init__(self, module: str) -> None:
        self._module = module
        if module == "tensorflow":
            os.environ["TF_USE_LEGACY_KERAS"] = "1"  # where tf.nn.rnn_cell is
            import tensorflow.compat.v1 as tf

            tf.disable_eager_execution()
            tf.disable_control_flow_v2()
        else:
            import opscope.runtime as tf
        self._tf = tf
        self._warm: dict[tuple[str, str], tuple[Callable[[], Any], float]] = {}

    def _step(self, model: str, mode: str) -> Callable[[], Any]:
        tf = self._tf
        graph = tf.Graph()
        with graph.as_default():
            case = MODELS[model](tf)
            initialize = tf.global_variables_initializer()
        # One thread each: with more, a busy machine's scheduler is what is measured.
        config = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
        session = tf.Session(graph=graph, config=config)
        session.run(initialize)
        fetches, feeds = case
        if mode == "plain":
            return lambda: session.run(fetches, feeds)
        from opscope.runtime.watch import Watch

        watch = Watch(check=mode == "checked", summaries=mode == "health")

        def checked() -> Any:
            return session.run_watched(fetches, feeds, watch=watch).result

        def health() -> Any:
            run = session.run_watched(fetches, feeds, watch=watch)
            assert run.health_summaries
            return run.result

        return checked if mode == "checked" else health

    def _warmed(self, model: str, mode: str) -> tuple[Callable[[], Any], float]:
        """A step that ran a few times, and the value that the last of these gave."""
        key = (model, mode)
        if key not in self._warm:
            step = self._step(model, mode)
            results = [step() for _ in range(WARM_UP_STEPS)]
            last = results[-1][-1] if isinstance(results[-1], list) else results[-1]
            self._warm[key] = step, float(np.asarray(last))
        return self._warm[key]

    def time(self, model: str, mode: str, seconds: float) -> dict[str, float]:
        """Median time of the steps that fit into `seconds`, and the value after the warm-up.

        mode: plain; checked, every tensor for inf and nan; health, a summary of every tensor.
        """
        if model == many_ops.NAME:
            return many_ops.times(self._tf, seconds)
        step, value = self._warmed(model, mode)
        times: list[float] = []
        clock = time.perf_counter
        end = clock() + seconds
        after = 0.0
        while len(times) < MINIMUM_STEPS or after < end:
            before = clock()
            step()
            after = clock()
            times.append(after - before)
        return {"seconds": median(times), "steps": len(times), "value": value}


def main(module: str) -> None:
    """Answer requests until the driver closes our standard input."""
    worker = Worker(module)
    for line in sys.stdin:
        print(json.dumps(worker.time(**json.loads(line))), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
