"""Several V2 checkpoints made one: their data files become its shards."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from contextlib import suppress

from opscope.events.proto.tensor_bundle_pb2 import BundleEntryProto
from opscope.runtime import errors
from opscope.runtime.checkpoint.bundle_reader import BundleReader, data_path, index_path
from opscope.runtime.checkpoint.bundle_writer import install_bundle


def merge_bundles(
    prefixes: Sequence[str], destination: str, *, delete_old_dirs: bool, allow_missing: bool
) -> None:
    """Put the data files of the checkpoints beside `destination` and write one index for all.

    At every moment there is a whole checkpoint, the old or the new. InvalidArgumentError when two
    hold a tensor of the same name and neither is a slice.
    """
    entries: dict[bytes, BundleEntryProto] = {}
    moves: list[tuple[str, int]] = []
    for prefix in dict.fromkeys(prefixes):
        try:
            reader = BundleReader(prefix)
        except errors.NotFoundError:
            if allow_missing:
                continue
            raise
        first = sum(count for _, count in moves)
        moves.append((prefix, reader.shards))
        for key, entry in reader.entries.items():
            known = entries.get(key)
            if known is None:
                entries[key] = entry
                if not entry.slices:
                    entry.shard_id += first
            elif known.slices and entry.slices:
                known.slices.extend(entry.slices)
            else:
                raise errors.InvalidArgumentError(
                    None, None, f"several checkpoints hold {key.decode(errors='replace')!r}"
                )
    files = [data_path(prefix, i, count) for prefix, count in moves for i in range(count)]
    install_bundle(destination, files, entries, f".tempstate{secrets.randbits(63)}")
    for prefix, _ in moves:
        os.remove(index_path(prefix))
    if delete_old_dirs:
        for folder in {os.path.dirname(p) for p, _ in moves}:
            with suppress(OSError):  # it holds something else
                os.rmdir(folder)
