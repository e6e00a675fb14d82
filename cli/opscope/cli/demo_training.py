"""Train the demo's model under a watch until its first bad tensor, and dump that step."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import opscope.runtime as tf
from opscope.cli.demo_model import Model
from opscope.runtime.data.digits import Digits
from opscope.runtime.watch import Watch
from opscope.runtime.watched_run import WatchedRun
from opscope.tfdbg.wrappers import write_dump

BATCH_SIZE = 100
MOST_STEPS = 2000
DETAILED_EVERY = 10  # steps: histograms, and the time of every op


class BadStep(NamedTuple):
    """The step at which the watch found an infinity or a NaN."""

    step: int
    run: WatchedRun
    dump: Path


def train(
    model: Model,
    digits: Digits,
    logdir: Path,
    seed: int,
    progress: Callable[[int, float, float], None],
) -> BadStep | None:
    """Train until the first bad step; None if there was none in `MOST_STEPS`.

    Events go to `logdir`/train, the dump of the bad step to `logdir`/tfdbg. `progress` gets each
    step with its loss and accuracy.
    """
    config = tf.ConfigProto(device_count={"CPU": 2})
    with (
        tf.Session(graph=model.graph, config=config) as session,
        tf.summary.FileWriter(str(logdir / "train"), model.graph) as writer,
    ):
        session.run(model.initialize)
        for step, batch in enumerate(islice(digits.batches(BATCH_SIZE, seed), MOST_STEPS)):
            feeds: dict[tf.Tensor, object] = {
                model.images: batch.images,
                model.labels: batch.one_hot(),
            }
            run = _watched_step(session, model, feeds, step, writer)
            if run.result is not None:
                _, loss, accuracy, *_ = run.result
                progress(step, float(loss), float(accuracy))
            if run.hits:
                folder = logdir / "tfdbg" / f"run_{time.time_ns() // 1000}_{step}"
                write_dump(folder, run, model.graph, global_step=step)
                return BadStep(step, run, folder)
            if run.error is not None:
                raise run.error
    return None


def _watched_step(
    session: tf.Session,
    model: Model,
    feeds: dict[tf.Tensor, object],
    step: int,
    writer: tf.summary.FileWriter,
) -> WatchedRun:
    fetches = [model.train, model.loss, model.accuracy, model.scalars]
    options = metadata = None
    if step % DETAILED_EVERY == 0:
        fetches.append(model.histograms)
        options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
        metadata = tf.RunMetadata()
    run = session.run_watched(
        fetches, feeds, watch=Watch(check=True), options=options, run_metadata=metadata
    )
    if run.result is not None:
        for summary in run.result[3:]:
            writer.add_summary(summary, step)
    if metadata is not None:
        writer.add_run_metadata(metadata, f"step {step}", step)
    return run
