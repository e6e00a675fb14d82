"""Plain, watched, checked, dumped, traced and interpreted runs give the same bits.

For every program of tests/programs, each of whose runs is made in the mode.
"""

from __future__ import annotations

import itertools
import runpy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import opscope.runtime as tf
from opscope.runtime import session as sessions
from opscope.runtime.watch import Watch
from opscope.tfdbg.wrappers.dump_run import write_dump

# Each of these takes more than a second, mostly to build its graphs eight times.
LARGE = {
    "adversarial_networks",
    "image_towers",
    "language_model",
    "optimizers",
    "resource_training",
    "supervised_training",
    "translation",
    "volume_network",
    "word2vec",
}
PROGRAMS = [
    pytest.param(path, id=path.stem, marks=[pytest.mark.long] if path.stem in LARGE else [])
    for path in sorted((Path(__file__).parents[1] / "programs").glob("*.py"))
]

Run = Callable[..., Any]


def watched(plain: Run, folder: Path, watch: Watch, dumps: bool = False) -> Run:
    folders = itertools.count()

    def run(self: Any, fetches: Any, feed_dict: Any = None, *rest: Any, **options: Any) -> Any:
        if any(rest) or any(options.values()):
            return plain(self, fetches, feed_dict, *rest, **options)
        found = self.run_watched(fetches, feed_dict, watch=watch)
        if found.error is not None:
            raise found.error
        if dumps:
            write_dump(folder / str(next(folders)), found, self.graph, format="packed")
        else:
            assert len(found.tensors) >= len(found.hits)
        return found.result

    return run


def never(datum: Any, tensor: object) -> bool:
    return False


def traced(plain: Run) -> Run:
    def run(self: Any, fetches: Any, feed_dict: Any = None, *rest: Any, **options: Any) -> Any:
        if any(rest) or any(options.values()):
            return plain(self, fetches, feed_dict, *rest, **options)
        trace = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
        return plain(self, fetches, feed_dict, trace, tf.RunMetadata())

    return run


def interpreting(plain: Run) -> Run:
    def init(self: Any, target: str = "", graph: Any = None, config: Any = None) -> None:
        changed = tf.ConfigProto()
        if config is not None:
            changed.CopyFrom(config)
        changed.experimental.executor_type = sessions.INTERPRETER
        plain(self, target, graph, changed)

    return init


def bits(value: Any) -> Any:
    """A nested result with its arrays as dtype, shape and bytes."""
    if isinstance(value, Mapping):
        return {key: bits(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [bits(part) for part in value]
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind != "O":
        return value.dtype, value.shape, value.tobytes()
    return value.tolist() if isinstance(value, np.ndarray) else value


def result(program: Path) -> Any:
    with tf.Graph().as_default():
        return bits(runpy.run_path(str(program))["main"](tf))


@pytest.mark.parametrize("program", PROGRAMS)
def test_same_bits(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = result(program)
    session = sessions.BaseSession
    run, init = session.run, session.__init__
    for mode, changed in {
        "watched": watched(run, tmp_path, Watch()),
        "checked": watched(run, tmp_path, Watch(check=True)),
        "dumped": watched(run, tmp_path, Watch(), dumps=True),
        "stopped, held": watched(run, tmp_path, Watch(filter=never, stop=True, keep_last=2)),
        "summarized": watched(run, tmp_path, Watch(summaries=True)),
        "traced": traced(run),
    }.items():
        monkeypatch.setattr(session, "run", changed)
        assert result(program) == expected, mode
    monkeypatch.setattr(session, "run", run)
    monkeypatch.setattr(session, "__init__", interpreting(init))
    assert result(program) == expected, "interpreted"
