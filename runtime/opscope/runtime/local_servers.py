"""The servers of this process, which sessions find by their targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from opscope.runtime import errors
from opscope.runtime.device_spec import DeviceSpec
from opscope.runtime.devices import Device

Task = tuple[str, int]


@dataclass(eq=False)
class LocalCluster:
    """What the servers of one cluster share: its tasks, and the variables on them."""

    tasks: frozenset[Task]
    started: list[Task] = field(default_factory=list)
    slots: dict[Any, Any] = field(default_factory=dict)

    def require_all(self) -> None:
        """UnimplementedError unless every task has its server in this process."""
        missing = sorted(self.tasks - set(self.started))
        if missing:
            job, index = missing[0]
            raise errors.UnimplementedError(
                None,
                None,
                "opscope runs a cluster inside one process; there is no server for "
                f"{task_name(job, index)} in this one. Make the servers of all tasks here, or "
                "train with tf.train.Server.create_local_server().",
            )


@dataclass(frozen=True, eq=False)
class LocalServer:
    """One task of a cluster."""

    target: str
    cluster: LocalCluster
    job: str
    index: int

    def task_names(self) -> list[str]:
        """The tasks whose devices its sessions may use, its own first."""
        own = (self.job, self.index)
        others = sorted(task for task in self.cluster.started if task != own)
        return [task_name(*task) for task in (own, *others)]

    def devices(self, local: Sequence[Device]) -> list[Device]:
        """The devices of its sessions: those of each task, its own first."""
        return [replace(device, task=task) for task in self.task_names() for device in local]

    def home(self, device: str) -> str:
        """The task that a device asked for lies in: the server's own where none is named."""
        spec = DeviceSpec.parse(device)
        return task_name(spec.job or self.job, self.index if spec.task is None else spec.task)


_servers: dict[str, LocalServer] = {}
_clusters: dict[frozenset[tuple[str, int, str]], LocalCluster] = {}
_numbers = count()


def task_name(job: str, index: int) -> str:
    """The name of a task as devices begin with it."""
    return f"/job:{job}/replica:0/task:{index}"


def start_server(addresses: dict[str, dict[int, str]], job: str, index: int) -> LocalServer:
    """Start a task of the cluster with these addresses, by which its servers know each other."""
    tasks = frozenset((name, i) for name, of_job in addresses.items() for i in of_job)
    key = frozenset((name, i, at) for name, of_job in addresses.items() for i, at in of_job.items())
    is_alone = len(tasks) == 1
    cluster = LocalCluster(tasks) if is_alone else _clusters.setdefault(key, LocalCluster(tasks))
    cluster.started.append((job, index))
    server = LocalServer(f"opscope://{job}/{index}/{next(_numbers)}", cluster, job, index)
    _servers[server.target] = server
    return server


def find_server(target: str) -> LocalServer:
    """The server with a target; UnimplementedError for one of another process."""
    try:
        return _servers[target]
    except KeyError:
        raise errors.UnimplementedError(
            None,
            None,
            f"opscope runs graphs in this process; {target!r} is no target of a server in it: "
            "use '', or the target of a tf.train.Server made here",
        ) from None
