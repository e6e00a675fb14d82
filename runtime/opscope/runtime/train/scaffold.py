"""Scaffold: the ops that make a session ready, and the creator that runs them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from opscope.events.proto.config_pb2 import ConfigProto
from opscope.runtime import dtypes, summary
from opscope.runtime.constant import constant
from opscope.runtime.graph import get_default_graph
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.group import group
from opscope.runtime.older_names import tables_initializer
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.basic import no_op
from opscope.runtime.ops.joining import concat
from opscope.runtime.session import Session
from opscope.runtime.train.saver import Saver
from opscope.runtime.train.session_manager import SessionManager
from opscope.runtime.uninitialized import report_uninitialized_variables
from opscope.runtime.variables import (
    Variable,
    global_variables,
    global_variables_initializer,
    local_variables_initializer,
)


class Scaffold:
    """What makes a graph ready to train; parts not given are made by `finalize`.

    init_op: initializes the global variables, with init_feed_dict fed; then init_fn(scaffold,
    session) is called, then local_init_op is run. ready_op, ready_for_local_init_op: string tensors
    that are empty when the session is ready. summary_op: what SummarySaverHook saves. saver:
    restores the latest checkpoint, in place of init_op and init_fn, and saves those to come.
    """

    def __init__(
        self,
        init_op: Any = None,
        init_feed_dict: Any = None,
        init_fn: Callable[[Scaffold, Session], Any] | None = None,
        ready_op: Any = None,
        ready_for_local_init_op: Any = None,
        local_init_op: Any = None,
        summary_op: Any = None,
        saver: Any = None,
        copy_from_scaffold: Scaffold | None = None,
        local_init_feed_dict: Any = None,
    ) -> None:
        if copy_from_scaffold is not None and not isinstance(copy_from_scaffold, Scaffold):
            raise TypeError("copy_from_scaffold is not a Scaffold instance.")

        def given(value: Any, name: str) -> Any:
            return getattr(copy_from_scaffold, name, None) if value is None else value

        self.init_op: Any = given(init_op, "init_op")
        self.init_feed_dict: Any = given(init_feed_dict, "init_feed_dict")
        self._user_init_fn: Callable[[Scaffold, Session], Any] | None = given(
            init_fn, "_user_init_fn"
        )
        self.ready_op: Any = given(ready_op, "ready_op")
        self.ready_for_local_init_op: Any = given(
            ready_for_local_init_op, "ready_for_local_init_op"
        )
        self.local_init_op: Any = given(local_init_op, "local_init_op")
        self.local_init_feed_dict: Any = given(local_init_feed_dict, "local_init_feed_dict")
        self.summary_op: Any = given(summary_op, "summary_op")
        self.saver: Saver | None = given(saver, "saver")

    @property
    def init_fn(self) -> Callable[[Session], Any] | None:
        """The user's function, of the session alone."""
        function = self._user_init_fn
        return None if function is None else lambda session: function(self, session)

    def finalize(self) -> Scaffold:
        """Make what is missing, and finalize the default graph."""
        if self.init_op is None:
            self.init_op = self.get_or_default("init_op", GraphKeys.INIT_OP, _default_init_op)
        if self.ready_op is None:
            self.ready_op = self.get_or_default("ready_op", GraphKeys.READY_OP, _default_ready_op)
        if self.ready_for_local_init_op is None:
            self.ready_for_local_init_op = self.get_or_default(
                "ready_for_local_init_op",
                GraphKeys.READY_FOR_LOCAL_INIT_OP,
                lambda: _default_ready_op(global_variables()),
            )
        if self.local_init_op is None:
            self.local_init_op = self.get_or_default(
                "local_init_op", GraphKeys.LOCAL_INIT_OP, Scaffold.default_local_init_op
            )
        if self.summary_op is None:
            self.summary_op = self.get_or_default(
                "summary_op", GraphKeys.SUMMARY_OP, summary.merge_all
            )
        if self.saver is None:
            self.saver = self.get_or_default(
                "saver", GraphKeys.SAVERS, lambda: Saver(sharded=True, allow_empty=True)
            )
        self.saver.build()
        get_default_graph().finalize()
        return self

    @staticmethod
    def get_or_default(arg_name: str, collection_key: str, default: Callable[[], Any]) -> Any:
        """The one element of a collection, or what `default` makes, added to the collection.

        RuntimeError when the collection holds several.
        """
        found = get_default_graph().get_collection(collection_key)
        if len(found) > 1:
            raise RuntimeError(
                f"More than one item in the collection {collection_key!r}. Please indicate which "
                f"one to use by passing it to the tf.Scaffold constructor as: "
                f"tf.Scaffold({arg_name}=item to use)"
            )
        if found:
            return found[0]
        made = default()
        if made is not None:
            get_default_graph().add_to_collection(collection_key, made)
        return made

    @staticmethod
    def default_local_init_op() -> Operation:
        """Initializes local variables and runs the table initializers."""
        return group(local_variables_initializer(), no_op(name="init"), tables_initializer())


# TensorFlow keeps some tables and iterators as "resources", with nodes of their own that make them
# ready; here there are none, and the nodes stand for that.


def _default_init_op() -> Operation:
    return group(global_variables_initializer(), no_op(name="init"))


def _default_ready_op(var_list: Sequence[Variable] | None = None) -> Tensor:
    missing = report_uninitialized_variables(var_list)
    graph = get_default_graph()
    with graph.name_scope("report_uninitialized_resources"), graph.device("/cpu:0"):
        nothing = constant([], dtypes.string)
    return concat([missing, nothing], 0)


class SessionCreator:
    """Makes the session that a MonitoredSession runs."""

    def create_session(self) -> Any:
        """A session that is ready to use."""
        raise NotImplementedError


class ChiefSessionCreator(SessionCreator):
    """Makes a Session of the default graph, restored or initialized as the scaffold says."""

    def __init__(
        self,
        scaffold: Scaffold | None = None,
        master: str = "",
        config: ConfigProto | None = None,
        checkpoint_dir: str | None = None,
        checkpoint_filename_with_path: str | None = None,
    ) -> None:
        self._scaffold = scaffold or Scaffold()
        self._master = master
        self._config = config
        self._checkpoint_dir = checkpoint_dir
        self._checkpoint_filename = checkpoint_filename_with_path

    def create_session(self) -> Session:
        """The session, restored from the latest checkpoint, else initialized.

        RuntimeError when variables are left without a value.
        """
        scaffold = self._scaffold.finalize()
        return SessionManager(
            scaffold.local_init_op,
            scaffold.ready_op,
            scaffold.ready_for_local_init_op,
            local_init_feed_dict=scaffold.local_init_feed_dict,
        ).prepare_session(
            self._master,
            scaffold.init_op,
            scaffold.saver,
            self._checkpoint_dir,
            self._checkpoint_filename,
            config=self._config,
            init_feed_dict=scaffold.init_feed_dict,
            init_fn=scaffold.init_fn,
        )


class WorkerSessionCreator(SessionCreator):
    """Waits for the chief to make the variables ready, and makes a session of them."""

    def __init__(
        self,
        scaffold: Scaffold | None = None,
        master: str = "",
        config: ConfigProto | None = None,
        max_wait_secs: float = 30 * 60,
    ) -> None:
        self._scaffold = scaffold or Scaffold()
        self._master = master
        self._config = config
        self._max_wait_secs = max_wait_secs

    def create_session(self) -> Session:
        """The session; DeadlineExceededError when the chief takes too long."""
        scaffold = self._scaffold.finalize()
        return SessionManager(
            scaffold.local_init_op,
            scaffold.ready_op,
            scaffold.ready_for_local_init_op,
            local_init_feed_dict=scaffold.local_init_feed_dict,
        ).wait_for_session(self._master, self._config, self._max_wait_secs)
