"""The debugger as hooks of a monitored session."""

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest
from fake_session import FakeOpError, FakeSession
from terminal_session import repeated, typing

from opscope.events.proto.config_pb2 import RunOptions
from opscope.runtime import watch as runtime_watch
from opscope.tfdbg import (
    DebugDumpDir,
    DumpingDebugHook,
    LocalCLIDebugHook,
    LocalCLIDebugWrapperSession,
)


class RunArgs(NamedTuple):
    fetches: Any
    feed_dict: Any = None
    options: Any = None


class Monitored:
    """Calls a hook around the runs of a session, as a monitored session does."""

    def __init__(self, session: FakeSession, hook: Any = None) -> None:
        self.graph = session.graph
        self._session = session
        self._hook = hook
        if hook is not None:
            hook.begin()
            hook.after_create_session(session, None)

    def run(
        self,
        fetches: Any,
        feed_dict: Any = None,
        options: RunOptions | None = None,
        run_metadata: Any = None,
    ) -> Any:
        context = SimpleNamespace(
            session=self._session, original_args=RunArgs(fetches, feed_dict, options)
        )
        asked = self._hook.before_run(context) if self._hook is not None else None
        used = asked.options if asked is not None else options
        callbacks = [] if used is None else runtime_watch.callbacks_of(used.debug_options)
        if not callbacks:
            result = self._session.run(fetches, feed_dict)
        else:
            ((watch, sink),) = callbacks
            run = self._session.run_watched(fetches, feed_dict, watch=watch)
            sink(run)
            if run.error is not None:
                raise run.error
            result = run.result
        if self._hook is not None:
            self._hook.after_run(context, SimpleNamespace(results=result))
        return result

    def should_stop(self) -> bool:
        return self._session.runs >= 3

    def close(self) -> None:
        self._hook.end(self._session)


@pytest.fixture(autouse=True)
def no_watch_is_left_behind() -> Any:
    yield
    assert not runtime_watch._callbacks.entries


def test_the_prompt_comes_as_with_the_wrapper() -> None:
    session = FakeSession(bad=[3])
    monitored = Monitored(session, LocalCLIDebugHook())
    lines = ["run -n", "run -f has_inf_or_nan", "pt y:0", "run", "run -n"]
    transcript = repeated(lambda: monitored.run("inc_v:0"), 5, *lines)
    assert (transcript.starts(), transcript.ends()) == ([1, 2], [3, 4])
    assert "-inf" in transcript.text
    assert (session.plain, session.watched) == (2, 3)
    assert transcript.results == [np.float32(11 + number) for number in range(5)]


def test_filters_of_the_user() -> None:
    hook = LocalCLIDebugHook()
    hook.add_tensor_filter("big", lambda datum, tensor: bool(np.max(tensor) > 13))
    monitored = Monitored(FakeSession(), hook)
    transcript = repeated(lambda: monitored.run("inc_v:0"), 5, "run -f big")
    assert transcript.ends() == [4]


def test_d27_an_op_error_is_shown_and_raised() -> None:
    monitored = Monitored(FakeSession(fails=[1]), LocalCLIDebugHook())
    with typing("run", "run") as transcript, pytest.raises(FakeOpError):
        monitored.run("inc_v:0")
    assert "!!! An error occurred during the run !!!" in transcript.text


def test_d24_the_callers_options_are_not_touched() -> None:
    options = RunOptions(trace_level=RunOptions.FULL_TRACE)
    monitored = Monitored(FakeSession(), LocalCLIDebugHook())
    with typing("run", "run"):
        monitored.run("inc_v:0", options=options)
        monitored.run("inc_v:0", options=options)
    assert options == RunOptions(trace_level=RunOptions.FULL_TRACE)


def test_exit_and_detach() -> None:
    session = FakeSession()
    monitored = Monitored(session, LocalCLIDebugHook())
    with typing("exit"), pytest.raises(SystemExit):
        monitored.run("inc_v:0")
    monitored = Monitored(session, LocalCLIDebugHook())
    with typing("detach"):
        monitored.run("inc_v:0")
        monitored.run("inc_v:0")
    assert session.plain == 2


@pytest.mark.parametrize("kind", ["cli", "dumping"])
def test_a19_d26_other_threads_are_left_alone(kind: str, tmp_path: Path) -> None:
    session = FakeSession()
    hook: Any
    if kind == "cli":
        hook = LocalCLIDebugHook(thread_name_filter="MainThread$")
    else:
        hook = DumpingDebugHook(tmp_path / "root", thread_name_filter="MainThread$")
    monitored = Monitored(session, hook)
    with typing("run") as transcript:
        other = threading.Thread(target=monitored.run, args=("inc_v:0",), name="feeder")
        other.start()
        other.join()
    assert (transcript.text, session.plain, session.watched) == ("", 1, 0)
    assert not (tmp_path / "root").exists()


def test_a21_the_dumping_hook_writes_each_run(tmp_path: Path) -> None:
    monitored = Monitored(FakeSession(fails=[3]), DumpingDebugHook(tmp_path / "root"))
    for _ in range(2):
        monitored.run("inc_v:0", {"x:0": 1})
    with pytest.raises(FakeOpError):
        monitored.run("inc_v:0")
    monitored.close()
    folders = sorted((tmp_path / "root").iterdir())
    assert [len(DebugDumpDir(folder).dumped_tensor_data) for folder in folders] == [4, 4, 2]
    assert DebugDumpDir(folders[0]).run_feed_keys_info == "dict_keys(['x:0'])"


def test_a_monitored_session_can_be_wrapped() -> None:
    options = RunOptions(timeout_in_ms=5)
    wrapper = LocalCLIDebugWrapperSession(Monitored(FakeSession(bad=[2])))
    with typing("run -f has_inf_or_nan", "pt y", "run") as transcript:
        while not wrapper.should_stop():
            wrapper.run("inc_v:0", options=options)
    assert (transcript.starts(), transcript.ends()) == ([1], [2, 3])
    assert "-inf" in transcript.text
    assert options == RunOptions(timeout_in_ms=5)


def test_an_error_in_a_wrapped_monitored_session_is_shown_and_raised() -> None:
    wrapper = LocalCLIDebugWrapperSession(Monitored(FakeSession(fails=[1])))
    with typing("run", "run") as transcript, pytest.raises(FakeOpError):
        wrapper.run("inc_v:0")
    assert "!!! An error occurred during the run !!!" in transcript.text
    with typing("run", "run"), pytest.raises(ValueError, match="no tensor nosuch:0"):
        wrapper.run("nosuch:0")
