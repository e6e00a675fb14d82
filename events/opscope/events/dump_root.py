"""The folders of dumped runs: opens one in whichever form it is, finds those below a folder."""

import os
from pathlib import Path

from opscope.events.dump_folder import DumpFolder
from opscope.events.dump_name import DEVICE_PREFIX, PACKED_FILE, is_run_root
from opscope.events.error import DumpError
from opscope.events.natural import natural_key
from opscope.events.packed_dump import PackedDump


def open_dump(run_root: str | os.PathLike[str]) -> DumpFolder:
    """The dump whose run root this is; DumpError where the folder is missing or no dump."""
    root = Path(run_root)
    try:
        names = os.listdir(root)
    except OSError as error:
        raise DumpError(f"{root}: no dump can be read here: {error.strerror or error}") from error
    if not is_run_root(names):
        raise DumpError(
            f"{root}: not a dumped run: it has no {PACKED_FILE} and no {DEVICE_PREFIX}* folder "
            "(find_dumps lists the runs below a folder)"
        )
    dump = PackedDump(root) if PACKED_FILE in names else DumpFolder(root)
    dump.read()
    return dump


def find_dumps(path: str | os.PathLike[str]) -> list[str]:
    """The run roots at or below a folder, numbers in their names in numeric order."""
    if not os.path.isdir(path):
        raise DumpError(f"{os.fspath(path)}: no such folder")
    found = []
    for where, folders, names in os.walk(path):
        if is_run_root(folders + names):
            found.append(where)
            folders.clear()
    return sorted(found, key=natural_key)
