"""What an op type is: its signature, kernels, shape rule and gradient, in one block.

An op is defined where its kernel stands:

    @op("Relu", "features: T -> activations: T", "T: {float16, bfloat16, float32, float64}")
    def relu(xp, features):
        "Replace negative values by zero."
        return xp.maximum(features, 0)

    @relu.shape
    def _(node): return [node.inputs[0].shape]

    @relu.gradient
    def _(node, grad): return [relu_grad(grad, node.outputs[0])]

The kernel gets the array namespace `xp` (numpy or cupy), one value per input, and the attributes it
names as keyword-only parameters (all of them for `**attrs`). The signature is written as TensorFlow
registers ops:

    inputs and outputs   "a: T, b: T -> product: T"; "values: N * T"; "ref: Ref(T)"; "size: int32"
    attributes           "T: type", "T: {float32, int32} = float32", "N: int >= 1",
                         "keep_dims: bool = false", "strides: list(int)",
                         "padding: {'SAME', 'VALID'}"
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from opscope.runtime import dtypes
from opscope.runtime.tensor_shape import TensorShape, as_shape

if TYPE_CHECKING:
    from opscope.runtime.binding import Binding
    from opscope.runtime.expansion import Call
    from opscope.runtime.function_graph import GraphFunction
    from opscope.runtime.graph import Operation, Tensor

Kernel = Callable[..., Any]
ShapeRule = Callable[["Operation"], "list[TensorShape]"]
GradientRule = Callable[..., "list[Tensor | None]"]
ExpandRule = Callable[["Call"], "tuple[list[Tensor], list[Operation]]"]

REQUIRED = object()


@dataclass(frozen=True)
class ArgDef:
    """One input or output: a fixed dtype, or attributes that say dtype and count."""

    name: str
    dtype: dtypes.DType | None = None
    type_attr: str | None = None
    number_attr: str | None = None
    type_list_attr: str | None = None
    is_ref: bool = False

    @property
    def is_list(self) -> bool:
        """True when the argument stands for a list of tensors."""
        return self.number_attr is not None or self.type_list_attr is not None


@dataclass(frozen=True)
class AttrDef:
    """One attribute: its kind ("type", "int", "list(shape)", ...), default and allowed values."""

    name: str
    kind: str
    default: Any = REQUIRED
    allowed: frozenset[Any] | None = None
    minimum: int | None = None


class OpDefinitionError(Exception):
    """An op type was defined wrongly or twice."""


@dataclass(eq=False)
class OpDef:
    """One op type.

    stateful: may not be folded or shared. updates: indices of the ref inputs it writes; its kernel
    gets those as VariableSlot. allows_uninitialized: a ref input may have no value yet.
    view_of: index of the input whose memory the output may share. host_only: runs on CPU only.
    carries: names of the arguments each of whose elements, if it is inf or nan, makes an element of
    the first output inf or nan, whatever the other values are, unless the output is empty.
    function: what an op type that is the name of a function calls.
    """

    name: str
    doc: str
    inputs: tuple[ArgDef, ...]
    outputs: tuple[ArgDef, ...]
    attrs: Mapping[str, AttrDef]
    stateful: bool = False
    updates: tuple[int, ...] = ()
    allows_uninitialized: bool = False
    view_of: int | None = None
    host_only: bool = False
    carries: tuple[str, ...] = ()
    kernels: dict[str, Kernel] = field(default_factory=dict)
    kernel_attrs: tuple[str, ...] = ()
    shape_rule: ShapeRule | None = None
    gradient_rule: GradientRule | None = None
    not_differentiable: bool = False
    bind_rule: Callable[[Binding], Kernel] | None = None
    finite_rule: Callable[..., bool] | None = None
    expand_rule: ExpandRule | None = None
    function: GraphFunction | None = None
    template: str | Callable[[Operation], str | None] | None = None
    only_output: ArgDef | None = None  # the output, where there is one and it is no list
    output_type_attr: str | None = None  # the attribute that is its dtype, if that is no reference
    takes_tensors: bool = False  # no input is a list or a reference
    defaults: Mapping[str, Any] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    # The attributes of a node on tensors of these dtypes, given none; None where these do not fit.
    attrs_of_types: dict[tuple[int, ...], dict[str, Any] | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Settle what every node of the type would ask for."""
        if len(self.outputs) == 1 and not self.outputs[0].is_list:
            self.only_output = self.outputs[0]
            if not self.only_output.is_ref and self.only_output.dtype is None:
                self.output_type_attr = self.only_output.type_attr
        self.takes_tensors = not any(a.is_list or a.is_ref for a in self.inputs)
        self.defaults = {key: attr.default for key, attr in self.attrs.items()}
        self.required = frozenset(key for key, d in self.defaults.items() if d is REQUIRED)

    def shape(self, rule: ShapeRule) -> ShapeRule:
        """Set how the output shapes follow from a node's inputs and attributes."""
        self.shape_rule = rule
        return rule

    def gradient(self, rule: GradientRule) -> GradientRule:
        """Set how gradients flow: rule(node, *output_grads) -> one Tensor or None per input."""
        self.gradient_rule = rule
        return rule

    def bind(self, rule: Callable[[Binding], Kernel]) -> Callable[[Binding], Kernel]:
        """Set how a kernel is specialised for one node when a plan is made."""
        self.bind_rule = rule
        return rule

    def expand(self, rule: ExpandRule) -> ExpandRule:
        """Set how a call of functions is written out when a plan is made.

        The rule gets the Call; it returns the results and the ops that have to run besides.
        """
        self.expand_rule = rule
        return rule

    def keeps_finite(self, rule: Callable[..., bool]) -> Callable[..., bool]:
        """Set when an update cannot make an inf or nan of moderate arrays.

        The rule gets the scalar inputs in order. It may say True only if the new values are finite
        whatever the arrays hold, as long as the squares of each array have a finite sum (so that no
        element is beyond 1.8e19 in float32). Such an update need not keep the old value for the
        debugger.
        """
        self.finite_rule = rule
        return rule

    def on(self, device_type: str) -> Callable[[Kernel], Kernel]:
        """Give one device type ("GPU") a kernel of its own."""

        def put(kernel: Kernel) -> Kernel:
            self.kernels[device_type] = kernel
            return kernel

        return put

    def kernel(self, device_type: str) -> Kernel | None:
        """The kernel for a device type, or the one for any; None when there is none."""
        found = self.kernels.get(device_type)
        if found is None and (device_type == "CPU" or not self.host_only):
            found = self.kernels.get("ANY")
        return found


_OPS: dict[str, OpDef] = {}
OPS: Mapping[str, OpDef] = MappingProxyType(_OPS)


def find_op(name: str) -> OpDef:
    """Return the op type `name`; NotImplementedError lists what is near when it is unknown."""
    try:
        return _OPS[name]
    except KeyError:
        near = ", ".join(sorted(n for n in _OPS if n.lower()[:4] == name.lower()[:4])) or "none"
        raise NotImplementedError(
            f"opscope has no op type {name!r} (near names: {near}; {len(_OPS)} op types exist)"
        ) from None


def op(
    name: str,
    signature: str,
    attrs: str = "",
    *,
    stateful: bool = False,
    updates: tuple[int, ...] = (),
    allows_uninitialized: bool = False,
    view_of: int | None = None,
    host_only: bool = False,
    carries: tuple[str, ...] = (),
    not_differentiable: bool = False,
    template: str | Callable[[Operation], str | None] | None = None,
) -> Callable[[Kernel], OpDef]:
    """Make the decorated kernel the op type `name`.

    template: a Python expression with {0}, {1}, ... for the inputs, which the generated code uses
    on CPU instead of calling the kernel; or a function from the node to such a text or None.
    """

    def define(kernel: Kernel) -> OpDef:
        if name in _OPS:
            raise OpDefinitionError(f"op type {name!r} is already defined")
        attr_defs = {a.name: a for a in _parse_attrs(attrs)}
        left, _, right = signature.partition("->")
        made = OpDef(
            name,
            inspect.getdoc(kernel) or "",
            tuple(_parse_args(left, attr_defs)),
            tuple(_parse_args(right, attr_defs)),
            attr_defs,
            stateful=stateful or bool(updates),
            updates=updates,
            allows_uninitialized=allows_uninitialized,
            view_of=view_of,
            host_only=host_only,
            carries=carries,
            not_differentiable=not_differentiable,
            template=template,
            kernels={"ANY": kernel},
            kernel_attrs=_kernel_attrs(kernel, attr_defs),
        )
        unknown = set(made.kernel_attrs) - set(attr_defs)
        if not set(carries) <= {a.name for a in made.inputs}:
            raise OpDefinitionError(f"{name} has no inputs {carries}")
        if unknown:
            raise OpDefinitionError(f"the kernel of {name} takes unknown attributes {unknown}")
        _OPS[name] = made
        return made

    return define


def _kernel_attrs(kernel: Kernel, attrs: Mapping[str, AttrDef]) -> tuple[str, ...]:
    """The attributes a kernel names as keyword-only parameters; all of them for `**attrs`."""
    parameters = inspect.signature(kernel).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return tuple(attrs)
    return tuple(p.name for p in parameters if p.kind is p.KEYWORD_ONLY)


def _split(text: str) -> Iterator[str]:
    """Split at commas outside of brackets and quotes."""
    depth = 0
    start = 0
    quoted = False
    for i, c in enumerate(text):
        quoted ^= c == "'"
        if quoted:
            continue
        depth += (c in "([{") - (c in ")]}")
        if c == "," and depth == 0:
            yield text[start:i].strip()
            start = i + 1
    if text[start:].strip():
        yield text[start:].strip()


def _parse_args(text: str, attrs: Mapping[str, AttrDef]) -> Iterator[ArgDef]:
    for part in _split(text):
        name, _, kind = (p.strip() for p in part.partition(":"))
        ref = re.fullmatch(r"Ref\((.*)\)", kind)
        if ref:
            kind = ref[1].strip()
        number = None
        if "*" in kind:
            number, kind = (p.strip() for p in kind.split("*"))
            ref = ref or re.fullmatch(r"Ref\((.*)\)", kind)
            kind = ref[1].strip() if ref else kind
        if kind in attrs:
            is_list = attrs[kind].kind.startswith("list(")
            yield ArgDef(
                name,
                type_attr=None if is_list else kind,
                type_list_attr=kind if is_list else None,
                number_attr=number,
                is_ref=bool(ref),
            )
        else:
            yield ArgDef(name, dtypes.as_dtype(kind), number_attr=number, is_ref=bool(ref))


def _parse_attrs(text: str) -> Iterator[AttrDef]:
    for part in _split(text):
        name, _, rest = (p.strip() for p in part.partition(":"))
        kind, _, default_text = (p.strip() for p in rest.partition("= "))
        minimum = None
        if ">=" in rest:
            kind, _, tail = (p.strip() for p in rest.partition(">="))
            low, _, default_text = (p.strip() for p in tail.partition("="))
            minimum = int(low)
        allowed = None
        choice = re.search(r"\{(.*)\}", kind)
        if choice:
            items = [i.strip() for i in choice[1].split(",")]
            if items[0].startswith("'"):
                base, allowed = "string", frozenset(i.strip("'") for i in items)
            else:
                base, allowed = "type", frozenset(dtypes.as_dtype(i) for i in items)
            kind = kind[: choice.start()] + base + kind[choice.end() :]
        default = _parse_default(default_text, kind) if default_text else REQUIRED
        yield AttrDef(name, kind, default, allowed, minimum)


def _parse_default(text: str, kind: str) -> Any:
    if kind == "type":
        return dtypes.as_dtype(text)
    if kind == "shape":
        return TensorShape(None if text == "unknown" else ast.literal_eval(text))
    value = ast.literal_eval({"true": "True", "false": "False"}.get(text, text))
    return tuple(value) if isinstance(value, list) else value


def normalize_attr(op_name: str, attr: AttrDef, value: Any) -> Any:
    """Return `value` in the one form the graph keeps; TypeError or ValueError when it does not fit.

    type -> DType, shape -> TensorShape, string -> str or bytes, tensor -> ndarray, list -> tuple.
    """
    if attr.kind.startswith("list("):
        if not isinstance(value, (list, tuple)):
            raise TypeError(f"attribute {attr.name!r} of {op_name} must be a list, got {value!r}")
        one = AttrDef(attr.name, attr.kind[5:-1], allowed=attr.allowed)
        return tuple(normalize_attr(op_name, one, v) for v in value)
    try:
        result = _NORMALIZE[attr.kind](value)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"attribute {attr.name!r} of {op_name} must be of kind {attr.kind}, got {value!r}"
        ) from error
    if attr.allowed is not None and result not in attr.allowed:
        names = ", ".join(sorted(getattr(a, "name", str(a)) for a in attr.allowed))
        shown = getattr(result, "name", result)
        error_type = TypeError if attr.kind == "type" else ValueError
        raise error_type(
            f"Value passed to attribute {attr.name!r} of op type {op_name} is {shown!r}, "
            f"not in list of allowed values: {names}"
        )
    if attr.minimum is not None and result < attr.minimum:
        raise ValueError(f"attribute {attr.name!r} of {op_name} must be at least {attr.minimum}")
    return result


def _as_text(value: Any) -> str | bytes:
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value
    if isinstance(value, str):
        return value
    raise TypeError(value)


def _as_int(value: Any) -> int:
    if isinstance(value, float):
        raise TypeError(value)
    return int(value)


_NORMALIZE: dict[str, Callable[[Any], Any]] = {
    "type": lambda v: dtypes.as_dtype(v).base_dtype,
    "int": _as_int,
    "float": float,
    "bool": bool,
    "string": _as_text,
    "shape": as_shape,
    "tensor": lambda v: v,
    "func": lambda v: v,
}
