"""Clusters, and the servers of their tasks, all in one process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from opscope.events.proto.cluster_pb2 import ClusterDef
from opscope.events.proto.config_pb2 import ConfigProto
from opscope.events.proto.tensorflow_server_pb2 import ServerDef
from opscope.runtime.device_spec import DeviceSpec
from opscope.runtime.local_servers import LocalServer, start_server
from opscope.runtime.operation import Operation

# The op types that hold state, which a parameter server keeps.
STANDARD_PS_OPS = (
    "Variable",
    "VariableV2",
    "AutoReloadVariable",
    "MutableHashTable",
    "MutableHashTableV2",
    "MutableHashTableOfTensors",
    "MutableHashTableOfTensorsV2",
    "MutableDenseHashTable",
    "MutableDenseHashTableV2",
    "VarHandleOp",
    "BoostedTreesEnsembleResourceHandleOp",
    "BoostedTreesQuantileStreamResourceHandleOp",
    "ResourceConditionalAccumulator",
    "DecisionTreeResource",
)


class ClusterSpec:
    """The tasks of a cluster: for each job its addresses, in a list or by their numbers."""

    def __init__(self, cluster: Any) -> None:
        if isinstance(cluster, ClusterSpec):
            cluster = cluster.as_cluster_def()
        if isinstance(cluster, ClusterDef):
            cluster = {job.name: dict(job.tasks) for job in cluster.job}
        if not isinstance(cluster, Mapping):
            raise TypeError(
                "`cluster` must be a dictionary mapping one or more job names to lists of network "
                "addresses, or a `ClusterDef` protocol buffer"
            )
        self._tasks: dict[str, dict[int, str]] = {}
        for job, tasks in cluster.items():
            if isinstance(tasks, (list, tuple)):
                tasks = dict(enumerate(tasks))
            if not isinstance(tasks, Mapping):
                raise TypeError(
                    f"The tasks for job {job!r} must be a list or a dictionary from integers to "
                    "strings."
                )
            self._tasks[job] = {int(i): str(address) for i, address in tasks.items()}

    def __bool__(self) -> bool:
        return bool(self._tasks)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, ClusterSpec):
            return self._tasks == other._tasks
        return self._tasks == other

    def __hash__(self) -> int:
        return hash(str(self))

    def __repr__(self) -> str:
        jobs = ", ".join(f"{job!r}: {tasks!r}" for job, tasks in sorted(self.as_dict().items()))
        return f"ClusterSpec({{{jobs}}})"

    @property
    def jobs(self) -> list[str]:
        """The names of the jobs."""
        return list(self._tasks)

    def num_tasks(self, job_name: str) -> int:
        """How many tasks a job has; ValueError for another name."""
        return len(self._of(job_name))

    def task_indices(self, job_name: str) -> list[int]:
        """The numbers of a job's tasks, in order."""
        return sorted(self._of(job_name))

    def task_address(self, job_name: str, task_index: int) -> str:
        """Where a task is; ValueError when there is none."""
        try:
            return self._of(job_name)[task_index]
        except KeyError:
            raise ValueError(f"No task with index {task_index!r} in job {job_name!r}") from None

    def job_tasks(self, job_name: str) -> list[str | None]:
        """Where the tasks of a job are, None for numbers left out."""
        tasks = self._of(job_name)
        return [tasks.get(i) for i in range(max(tasks) + 1)] if tasks else []

    def _of(self, job_name: str) -> dict[int, str]:
        try:
            return self._tasks[job_name]
        except KeyError:
            raise ValueError(f"No such job in cluster: {job_name!r}") from None

    def as_dict(self) -> dict[str, Any]:
        """The jobs with lists of addresses, or dicts where numbers are left out."""
        return {
            job: [tasks[i] for i in range(len(tasks))] if set(tasks) == set(range(len(tasks)))
            else dict(tasks)
            for job, tasks in self._tasks.items()
        }  # fmt: skip

    def as_cluster_def(self) -> ClusterDef:
        """The same as a message."""
        made = ClusterDef()
        for job, tasks in sorted(self._tasks.items()):
            entry = made.job.add(name=job)
            for index, address in sorted(tasks.items()):
                entry.tasks[index] = address
        return made


class Server:
    """One task of a cluster. Sessions are made with its `target`, and share variables by name.

    All tasks of a cluster are in this process: a session raises UnimplementedError until each has
    its server.
    """

    def __init__(
        self,
        server_or_cluster_def: Any,
        job_name: str | None = None,
        task_index: int | None = None,
        protocol: str | None = None,
        config: ConfigProto | None = None,
        start: bool = True,
    ) -> None:
        self._def = _server_def(server_or_cluster_def, job_name, task_index, protocol, config)
        self._server: LocalServer | None = None
        if start:
            self.start()

    def start(self) -> None:
        """Start the server; once is enough."""
        if self._server is None:
            tasks = {job.name: dict(job.tasks) for job in self._def.cluster.job}
            self._server = start_server(tasks, self._def.job_name, self._def.task_index)

    def join(self) -> None:
        """Wait for ever; UnimplementedError when tasks are in other processes, which cannot be."""
        self.start()
        assert self._server is not None
        self._server.cluster.require_all()
        threading.Event().wait()

    @property
    def server_def(self) -> ServerDef:
        """The cluster, the task and the options."""
        return self._def

    @property
    def target(self) -> str:
        """What `tf.Session` takes to run on this server."""
        self.start()
        assert self._server is not None
        return self._server.target

    @staticmethod
    def create_local_server(config: ConfigProto | None = None, start: bool = True) -> Server:
        """A server that is a cluster of its own."""
        return Server({"localhost": ["localhost:0"]}, protocol="grpc", config=config, start=start)


def _server_def(
    given: Any,
    job_name: str | None,
    task_index: int | None,
    protocol: str | None,
    config: ConfigProto | None,
) -> ServerDef:
    made = ServerDef()
    if isinstance(given, ServerDef):
        made.CopyFrom(given)
    else:
        spec = ClusterSpec(given)
        if job_name is None:
            if len(spec.jobs) != 1:
                raise ValueError("Must specify an explicit `job_name`.")
            job_name = spec.jobs[0]
        if task_index is None:
            if spec.num_tasks(job_name) != 1:
                raise ValueError("Must specify an explicit `task_index`.")
            task_index = spec.task_indices(job_name)[0]
        spec.task_address(job_name, task_index)
        made.cluster.CopyFrom(spec.as_cluster_def())
        made.protocol = "grpc"
    if job_name is not None:
        made.job_name = job_name
    if task_index is not None:
        made.task_index = task_index
    if protocol is not None:
        made.protocol = protocol
    if config is not None:
        made.default_session_config.MergeFrom(config)
    return made


def replica_device_setter(
    ps_tasks: int = 0,
    ps_device: str = "/job:ps",
    worker_device: str = "/job:worker",
    merge_devices: bool = True,
    cluster: Any = None,
    ps_ops: Sequence[str] | None = None,
    ps_strategy: Callable[[Operation], int] | None = None,
) -> Callable[[Operation], str] | None:
    """A device function: what holds state goes to the parameter servers, in turn; else the worker.

    None when there are no parameter servers. ps_strategy: which task an op goes to.
    """
    if cluster is not None:
        tasks = ClusterSpec(cluster).as_dict()
        ps_tasks = len(tasks.get(DeviceSpec.parse(ps_device).job or "", ()))
    if ps_tasks == 0:
        return None
    if ps_strategy is not None and not callable(ps_strategy):
        raise TypeError("ps_strategy must be callable")
    held = frozenset(STANDARD_PS_OPS if ps_ops is None else ps_ops)
    choose = ps_strategy or _InTurn(ps_tasks)

    def device_of(op: Operation) -> str:
        asked = DeviceSpec.parse(op.device)
        if not merge_devices and op.device:
            return op.device
        if not ps_device or op.type not in held:
            return asked.merged_over(DeviceSpec.parse(worker_device)).to_string()
        spec = DeviceSpec.parse(ps_device)
        if spec.job and asked.job in (None, spec.job):
            spec = replace(spec, task=choose(op))
        return asked.merged_over(spec).to_string()

    return device_of


class _InTurn:
    def __init__(self, tasks: int) -> None:
        self._tasks = tasks
        self._next = 0

    def __call__(self, op: Operation) -> int:
        chosen = self._next
        self._next = (chosen + 1) % self._tasks
        return chosen
