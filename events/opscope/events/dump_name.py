"""How tfdbg names the files of a dump: devices, nodes, slots, debug ops, times.

    _tfdbg_device_,job_localhost,replica_0,task_0,device_CPU_0/
        <node path>_<output slot>_<debug op>_<microseconds>[-<k>]

`-k` tells apart dumps of one tensor in one microsecond. Source: TensorFlow's `debug_data.py`.
"""

from typing import NamedTuple

DEVICE_PREFIX = "_tfdbg_device_"
GRAPH_PREFIX = "_tfdbg_graph_hash"
CORE_METADATA_PREFIX = "_tfdbg_core_metadata_"
RUN_ROOT_PREFIXES = (DEVICE_PREFIX, CORE_METADATA_PREFIX)
FETCHES_INFO = "_tfdbg_fetches_info_"
FEED_KEYS_INFO = "_tfdbg_feed_keys_info_"
PACKED_FILE = "dump.opscope"


class TensorFileName(NamedTuple):
    """What the path of a tensor's file below its device folder says."""

    node_name: str
    output_slot: int
    debug_op: str
    timestamp: int
    k: int


def device_folder(device: str) -> str:
    """The folder of a device: `/job:localhost/...` gives `_tfdbg_device_,job_localhost,...`."""
    return DEVICE_PREFIX + device.replace("/", ",").replace(":", "_")


def device_name(folder: str) -> str:
    """The device of a folder; the inverse of `device_folder` for TensorFlow's device names."""
    parts = folder.removeprefix(DEVICE_PREFIX).split(",")
    return "/".join(_device_part(part) for part in parts)


def _device_part(part: str) -> str:
    if part.startswith("device_") and part.count("_") >= 2:
        # The type may hold underscores (XLA_CPU): only the last one was the colon of the index.
        kind, index = part.removeprefix("device_").rsplit("_", 1)
        return f"device:{kind}:{index}"
    return part.replace("_", ":", 1)


def _escape(part: str) -> str:
    # TensorFlow allows the node name `a/../b`. As a path it would leave the dump; `%`, which no
    # node name has, keeps it inside and readable.
    if part in (".", ".."):
        return part.replace(".", "%2E")
    return part or "%"


def _unescape(part: str) -> str:
    if part in ("%2E", "%2E%2E"):
        return part.replace("%2E", ".")
    return "" if part == "%" else part


def tensor_path(
    node_name: str, output_slot: int, debug_op: str, timestamp: int, k: int = 0
) -> tuple[str, ...]:
    """The path components of a tensor's file below its device folder; they never lead out of it."""
    *scopes, base = node_name.split("/")
    name = f"{base}_{output_slot}_{debug_op.split('(')[0]}_{timestamp}" + (f"-{k}" if k else "")
    return (*(_escape(scope) for scope in scopes), name)


def parse_tensor_path(parts: tuple[str, ...]) -> TensorFileName | None:
    """What path components below a device folder say; None where they follow no tensor's form."""
    return parse_tensor_name(scope_of(parts[:-1]), parts[-1])


def scope_of(folders: tuple[str, ...]) -> str:
    """The node names' common begin in a folder below a device's: `a/b/`, or nothing."""
    return "".join(f"{_unescape(folder)}/" for folder in folders)


def parse_tensor_name(scope: str, name: str) -> TensorFileName | None:
    """What a file's name says in the folder of a scope; None where it follows no tensor's form."""
    parts = name.rsplit("_", 3)
    if len(parts) != 4:
        return None
    base, slot, op, time = parts
    time, dash, k = time.partition("-")
    if not (op and slot.isdecimal() and time.isdecimal() and (k.isdecimal() or not dash)):
        return None
    return TensorFileName(scope + base, int(slot), op, int(time), int(k or 0))


def is_run_root(names: list[str]) -> bool:
    """Whether a folder with these entries is the root of one dumped run, in either form."""
    return PACKED_FILE in names or any(name.startswith(RUN_ROOT_PREFIXES) for name in names)
