"""The errors a run raises, under TensorFlow's names.

OpError
├── CancelledError            ├── FailedPreconditionError
├── UnknownError              ├── AbortedError
├── InvalidArgumentError      ├── OutOfRangeError
├── DeadlineExceededError     ├── UnimplementedError
├── NotFoundError             ├── InternalError
├── AlreadyExistsError        ├── UnavailableError
├── PermissionDeniedError     ├── DataLossError
└── ResourceExhaustedError    └── UnauthenticatedError

The numbers are gRPC's status codes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opscope.runtime.graph import Operation

OK = 0
CANCELLED = 1
UNKNOWN = 2
INVALID_ARGUMENT = 3
DEADLINE_EXCEEDED = 4
NOT_FOUND = 5
ALREADY_EXISTS = 6
PERMISSION_DENIED = 7
RESOURCE_EXHAUSTED = 8
FAILED_PRECONDITION = 9
ABORTED = 10
OUT_OF_RANGE = 11
UNIMPLEMENTED = 12
INTERNAL = 13
UNAVAILABLE = 14
DATA_LOSS = 15
UNAUTHENTICATED = 16


class OpError(Exception):
    """An op failed while the graph ran; `op` is that op, `node_def` its NodeDef."""

    code = UNKNOWN

    def __init__(
        self,
        node_def: Any,
        op: Operation | None,
        message: str,
        error_code: int | None = None,
    ) -> None:
        super().__init__(node_def, op, message)
        self.node_def = node_def
        self.op = op
        self.message = message
        self.error_code = self.code if error_code is None else error_code

    def __str__(self) -> str:
        if self.op is None:
            return self.message
        lines = [self.message, f"\t [[node {self.op.name} (op: {self.op.type})]]"]
        frames = self.op.traceback
        if frames:
            file, number, function, text = frames[-1]
            lines.append(f"made at {file}:{number} in {function}")
            if text:
                lines.append(f"    {text}")
        return "\n".join(lines)


class CancelledError(OpError):
    """The run was cancelled."""

    code = CANCELLED


class UnknownError(OpError):
    """An op failed for a reason of its own."""

    code = UNKNOWN


class InvalidArgumentError(OpError):
    """An op got a value it cannot take."""

    code = INVALID_ARGUMENT


class DeadlineExceededError(OpError):
    """The run took longer than it was given."""

    code = DEADLINE_EXCEEDED


class NotFoundError(OpError):
    """Something asked for does not exist."""

    code = NOT_FOUND


class AlreadyExistsError(OpError):
    """Something to be made exists already."""

    code = ALREADY_EXISTS


class PermissionDeniedError(OpError):
    """The caller may not do this."""

    code = PERMISSION_DENIED


class ResourceExhaustedError(OpError):
    """Memory or disk ran out."""

    code = RESOURCE_EXHAUSTED


class FailedPreconditionError(OpError):
    """The state is not ready, for example a variable without a value."""

    code = FAILED_PRECONDITION


class AbortedError(OpError):
    """The run was aborted."""

    code = ABORTED


class OutOfRangeError(OpError):
    """There is nothing more to read."""

    code = OUT_OF_RANGE


class UnimplementedError(OpError):
    """No kernel does this."""

    code = UNIMPLEMENTED


class InternalError(OpError):
    """Something of opscope's own is broken."""

    code = INTERNAL


class UnavailableError(OpError):
    """A service cannot be reached."""

    code = UNAVAILABLE


class DataLossError(OpError):
    """Data are damaged."""

    code = DATA_LOSS


class UnauthenticatedError(OpError):
    """The caller is not known."""

    code = UNAUTHENTICATED


_BY_CODE: dict[int, type[OpError]] = {
    kind.code: kind
    for kind in (
        CancelledError,
        UnknownError,
        InvalidArgumentError,
        DeadlineExceededError,
        NotFoundError,
        AlreadyExistsError,
        PermissionDeniedError,
        ResourceExhaustedError,
        FailedPreconditionError,
        AbortedError,
        OutOfRangeError,
        UnimplementedError,
        InternalError,
        UnavailableError,
        DataLossError,
        UnauthenticatedError,
    )
}


def exception_type_from_error_code(error_code: int) -> type[OpError]:
    """The type of error for one of the codes above; KeyError for a number that is none."""
    return _BY_CODE[error_code]


def error_code_from_exception_type(cls: type[OpError]) -> int:
    """The code of a type of error; UNKNOWN for any other type."""
    found = [code for code, kind in _BY_CODE.items() if kind is cls]
    return found[0] if found else UNKNOWN


class raise_exception_on_not_ok_status:  # noqa: N801 - TensorFlow's name
    """A `with` block for a status; nothing here reports one, errors are raised where they occur."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *exc_info: object) -> None:
        return None
