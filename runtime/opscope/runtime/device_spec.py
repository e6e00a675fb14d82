"""Device names: `/job:localhost/replica:0/task:0/device:CPU:0` and their short forms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any


@dataclass(frozen=True)
class DeviceSpec:
    """A possibly partial device name."""

    job: str | None = None
    replica: int | None = None
    task: int | None = None
    device_type: str | None = None
    device_index: int | None = None

    @staticmethod
    def parse(text: str | DeviceSpec) -> DeviceSpec:
        """Read "/gpu:0", "/cpu:*", "/device:GPU:1", "/job:worker/task:0/...".

        ValueError for anything else.
        """
        return text if isinstance(text, DeviceSpec) else _parse(text)

    @classmethod
    def from_string(cls, spec: str) -> DeviceSpec:
        """As `parse`."""
        return cls.parse(spec)

    def replace(self, **kwargs: Any) -> DeviceSpec:
        """This spec with some parts set anew: job, replica, task, device_type, device_index."""
        return replace(self, **kwargs)

    def make_merged_spec(self, dev: DeviceSpec) -> DeviceSpec:
        """This spec with what is set in `dev` put over it."""
        return dev.merged_over(self)

    def to_string(self) -> str:
        """The name in TensorFlow's long form, without the parts that are not set."""
        parts = []
        if self.job is not None:
            parts.append(f"/job:{self.job}")
        if self.replica is not None:
            parts.append(f"/replica:{self.replica}")
        if self.task is not None:
            parts.append(f"/task:{self.task}")
        if self.device_type is not None:
            index = "*" if self.device_index is None else self.device_index
            parts.append(f"/device:{self.device_type}:{index}")
        return "".join(parts)

    def merged_over(self, base: DeviceSpec) -> DeviceSpec:
        """`base` with what is set here put over it."""
        changes = {k: v for k, v in vars(self).items() if v is not None}
        return replace(base, **changes)

    def matches(self, other: DeviceSpec) -> bool:
        """True when every part that is set here is the same in `other`."""
        return all(v is None or v == getattr(other, k) for k, v in vars(self).items())


@lru_cache(maxsize=4096)
def _parse(text: str) -> DeviceSpec:
    spec = DeviceSpec()
    for part in text.split("/"):
        if not part:
            continue
        fields = part.split(":")
        kind = fields[0]
        try:
            if kind == "job" and len(fields) == 2:
                spec = replace(spec, job=fields[1])
            elif kind in ("replica", "task") and len(fields) == 2:
                number = int(fields[1])
                spec = replace(spec, **{kind: number})  # type: ignore[arg-type]
            elif kind == "device" and len(fields) == 3:
                spec = replace(
                    spec,
                    device_type=fields[1].upper(),
                    device_index=None if fields[2] == "*" else int(fields[2]),
                )
            elif kind.lower() in ("cpu", "gpu") and len(fields) == 2:
                index = None if fields[1] == "*" else int(fields[1])
                spec = replace(spec, device_type=kind.upper(), device_index=index)
            elif kind.lower() in ("cpu", "gpu") and len(fields) == 1:
                spec = replace(spec, device_type=kind.upper())
            else:
                raise ValueError
        except ValueError:
            raise ValueError(
                f"Unknown attribute {part!r} is encountered while parsing the device spec: "
                f"{text!r}. A device is written like '/cpu:0' or '/job:x/task:0/device:GPU:1'."
            ) from None
    return spec


@lru_cache(maxsize=4096)
def merge_device(outer: str, inner: str) -> str:
    """The name that results when `inner` is opened inside `outer`: inner parts win."""
    return _parse(inner).merged_over(_parse(outer)).to_string()
