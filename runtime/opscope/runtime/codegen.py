"""From ordered, placed ops to one straight-line Python function whose locals are the tensors.

The generated text of a softmax step reads like this:

    def run(f0, f1):
        v0 = s0.value
        v1 = f0.dot(v0)
        ...
        s0.shared = True          # only when somebody still needs the old value
        k5(s0, c2, v9)
        return [None, v6]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opscope.runtime.binding import Binding
from opscope.runtime.common_ops import common_ops
from opscope.runtime.coverage import Coverage
from opscope.runtime.devices import Device, needs_copy
from opscope.runtime.feed import refuse_unfed
from opscope.runtime.flow_code import FlowCode
from opscope.runtime.generated_names import GeneratedNames
from opscope.runtime.health_code import HealthCode
from opscope.runtime.instrumentation import Recorder, instrument_names
from opscope.runtime.kernels import bound_kernel, takes_string_scalars
from opscope.runtime.liveness import last_uses
from opscope.runtime.memory_code import MemoryCode
from opscope.runtime.operation import Operation, Tensor, tensors_by_argument
from opscope.runtime.plan import PLAIN, Program
from opscope.runtime.program_inputs import Inputs
from opscope.runtime.source_text import SourceText
from opscope.runtime.update_code import UpdateCode
from opscope.runtime.variable_slot import VariableSlot

# Where a copy of a tensor is: at home (None), on the host, or on another device.
HOST = "host"

# The op types whose output stands for a slot of the session.
VARIABLES = frozenset({"VariableV2", "VarHandleOp"})

# Whose memory (or whose very content) a tensor has: a variable's at one version, a constant's, a
# feed's, or its own.
Root = tuple[Any, ...]


def generate(inputs: Inputs) -> Program:
    """Generate and compile the program."""
    return Generator(inputs).program()


class Generator:
    """Writes one program; `FlowCode` asks it for single ops and values."""

    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs
        self.text = SourceText()
        self.expressions: dict[tuple[Tensor, Device | str | None], str] = {}
        self.slot_names: dict[Tensor, str] = {}
        self.slots: dict[VariableSlot, str] = {}
        self.versions: dict[str, int] = {}
        self.ready_slots: set[str] = set()
        self.roots: dict[Tensor, Root] = {}
        self.contents: dict[Tensor, Root] = {}
        self.by_root: dict[Root, list[Tensor]] = {}
        self.calls = 0
        self.fed = {feed.tensor for feed in inputs.feeds}
        self.fetched = {e for e in inputs.fetches.elements if isinstance(e, Tensor)}
        self.fetch_results: dict[Tensor, str] = {}
        self.owned = 0
        devices = {device.device_type for device in inputs.placement.values()}
        has_flow = inputs.items is not None
        self.recorder = Recorder(
            inputs.instrument,
            devices <= {"CPU"},
            repeats=has_flow,
            only_checks=inputs.checked_slots is not None,
            ops=inputs.order,
        )
        self.names = GeneratedNames(instrument_names(self.recorder))
        self.bind = self.names.bind
        self.records = inputs.instrument is not PLAIN
        self.active = inputs.live if self.recorder.skips_unused else frozenset(inputs.order)
        self.common: dict[Operation, Operation] = {}
        if not has_flow:
            ops = [op for op in inputs.order if op in self.active]
            self.common = common_ops(ops, inputs.placement, self.fed, inputs.known.values)
        self.covered: set[Tensor] = set()
        self.tested_ends: set[Operation] = set()
        if self.recorder.covers:
            given = self.fed | inputs.known.values.keys()
            coverage = Coverage(
                inputs.order,
                self.active,
                self.common,
                given,
                inputs.known.shapes,
                lambda op: self._template(op, inputs.placement[op]) == "{0}",
                inputs.items,
            )
            self.covered, self.tested_ends = coverage.covered, coverage.ends
        self.last_use = last_uses(inputs.order, self.active, self.common)
        self.memory = MemoryCode(self)
        self.new_local = self.memory.lifetimes.new_local
        self.positions = {op: i for i, op in enumerate(inputs.order)}
        self.timed: list[Operation] = []
        self.flow = None if inputs.items is None else FlowCode(self, inputs.items)
        self.updates = UpdateCode(self)
        self.health = HealthCode(self)

    # -- whole program -----------------------------------------------------------------------

    def program(self) -> Program:
        """Write everything, and compile it."""
        instrument = self.inputs.instrument
        for i, feed in enumerate(self.inputs.feeds):
            self.expressions[feed.tensor, None] = f"f{i}"
            self.set_root(feed.tensor, ("feed", i))
        if instrument is not PLAIN:
            start = "(-1, clock())" if self.flow else "clock()"
            watch = instrument.watch
            hit = "halting(hits)" if watch and watch.stop else "hits.append"
            self.text.add(f"hits = []; hit = {hit}; wild = over = False; seen = []", None)
            if self.inputs.checked_slots is not None:
                slots = self.bind(self.inputs.checked_slots, "l")
                self.text.add(f"seen = [(s.value, s.rewrites) for s in {slots}]", None)
            self.text.add(f"times = [{start}]", None)
        if self.flow is not None:
            self.flow.write()
        else:
            for position, op in enumerate(self.inputs.order):
                self.op(op, position)
        self.text.add(f"return {self._result()}", None)
        parameters = ", ".join(f"f{i}" for i in range(len(self.inputs.feeds)))
        source = "\n".join([f"def run({parameters}):", *self.text.lines, ""])
        exec(compile(source, "<opscope plan>", "exec"), self.names.namespace)
        recorder = self.recorder
        return Program(
            function=self.names.namespace["run"],
            source=source,
            lines=tuple(self.text.owners),
            namespace=self.names.namespace,
            computes=self.calls > 0,
            recorded=recorder.with_versions(self.versions),
            static_hits=tuple(recorder.static_hits),
            covered=tuple(recorder.covered),
            traced=tuple(self.inputs.order if self.flow else self.timed)
            if instrument.trace
            else (),
            repeats=self.flow is not None,
            again=self.memory.again,
            summarizes=recorder.summarizes,
        )

    def _result(self) -> str:
        values = [
            self.fetch_results[e] if isinstance(e, Tensor) else "None"
            for e in self.inputs.fetches.elements
        ]
        fetches = self.inputs.fetches
        if fetches.structure == "single":
            result = values[0]
        elif fetches.structure == "list":
            result = f"[{', '.join(values)}]"
        else:
            result = f"{self.bind(fetches.rebuild, 'r')}([{', '.join(values)}])"
        if self.inputs.instrument is PLAIN:
            return result
        if self.flow is not None:
            return f"{result}, seen, hits, times, over"
        recorded = "".join(f"{r.local or None}, " for r in self.recorder.recorded)
        return f"{result}, ({recorded}), hits, times, over"

    # -- one op ------------------------------------------------------------------------------

    def op(self, op: Operation, position: int) -> None:
        """Write one op."""
        op_type = op.definition.name
        if op.outputs and op.outputs[0] in self.fed and self.fed.issuperset(op.outputs):
            pass
        elif op.outputs and op.outputs[0] in self.inputs.known.values:
            for tensor in op.outputs:
                self._constant(tensor)
        elif op not in self.active:
            for tensor in op.outputs:
                self.recorder.defer(tensor, self.inputs.placement[op])
            return
        elif op_type == "Placeholder":
            refuse_unfed(op)
        elif op_type in VARIABLES:
            self._variable(op)
        elif op in self.common:
            for tensor, source in zip(op.outputs, self.common[op].outputs, strict=True):
                self._alias(tensor, source, self.expressions[source, None])
        elif op_type != "NoOp":
            self._call(op, position)
        self.finish(op, op.outputs)
        if op in self.active:
            self.memory.after(op, position)

    def finish(self, op: Operation, outputs: Sequence[Tensor]) -> None:
        """Write what comes after an op: record, fetch and time its outputs."""
        for tensor in outputs:
            if self.flow is not None and tensor in self.flow.deciding and tensor not in self.fed:
                self.text.predicates[tensor] = self.value(tensor, op, None)
            if self.records:
                self._record(tensor, op)
            if tensor in self.fetched:
                self._fetch(tensor, op)
        if self.inputs.instrument.trace:
            moment = f"({self.positions[op]}, clock())" if self.flow else "clock()"
            self.text.add(f"times.append({moment})", op)
            self.timed.append(op)

    def hand_on(self, op: Operation, tensor: Tensor) -> None:
        """Let an output of `op` go by the name of the input it hands on: the first, or its own."""
        source = op.inputs[tensor.value_index if op.type == "IdentityN" else 0]
        if tensor in self.fed:
            return
        if tensor in self.inputs.known.values:
            self._constant(tensor)
            return
        if tensor.dtype.is_ref_dtype or self.is_handle(source):
            self.refer(tensor, source)
            return
        self._alias(tensor, source, self.value(source, op, self.inputs.placement[op]))

    def refer(self, tensor: Tensor, source: Tensor) -> None:
        """Let a tensor stand for the variable that `source` stands for."""
        self.slot_names[tensor] = self.slot_names[source]
        self.set_root(tensor, self.slot_root(self.slot_names[source]))

    def _alias(self, tensor: Tensor, source: Tensor, name: str) -> None:
        """Let a tensor that has the value of `source` go by a name of it."""
        self.set_root(tensor, self.roots[source])
        self.contents[tensor] = self.contents[source]
        self.name(tensor, name)

    def own_local(self, tensor: Tensor) -> str:
        """A new local for a tensor that is one of several others, and may share their memory."""
        local = self.new_local()
        self.set_root(tensor, ("merged", local))
        self.name(tensor, local)
        return local

    def _constant(self, tensor: Tensor) -> None:
        value = self.inputs.known.values[tensor]
        self.expressions[tensor, None] = self.bind(value, "c")
        self.set_root(tensor, ("constant", id(value)))

    def _variable(self, op: Operation) -> None:
        tensor = op.outputs[0]
        slot = self.inputs.slot(op)
        name = self.slots.get(slot)
        if name is None:
            name = self.slots[slot] = self.bind(slot, "s")
            if slot.value is not None:
                self.ready_slots.add(name)
        self.slot_names[tensor] = name
        self.set_root(tensor, self.slot_root(name))

    def is_handle(self, tensor: Tensor) -> bool:
        """True for a resource that stands for a variable's slot."""
        return tensor in self.slot_names and not tensor.dtype.is_ref_dtype

    def _root_now(self, tensor: Tensor) -> Root:
        """Whose memory a tensor has; a reference and a handle follow the variable's updates."""
        slot = self.slot_names.get(tensor)
        return self.roots[tensor] if slot is None else self.slot_root(slot)

    def slot_root(self, name: str) -> Root:
        """The memory of a variable as of now."""
        return ("slot", name, self.versions.setdefault(name, 0))

    def _call(self, op: Operation, position: int) -> None:
        definition = op.definition
        device = self.inputs.placement[op]
        template = self._template(op, device)
        if template == "{0}" and not op.inputs[0].dtype.is_ref_dtype:
            self.hand_on(op, op.outputs[0])
            return
        if op.type == "IdentityN":
            for tensor in op.outputs:
                self.hand_on(op, tensor)
            return
        self.calls += 1
        arguments = []
        if definition.takes_tensors and not self.slot_names:
            arguments = [self.value(tensor, op, device) for tensor in op.inputs]
        else:
            for arg, tensors in tensors_by_argument(op):
                for tensor in tensors:
                    if arg.is_ref or self.is_handle(tensor):
                        self._require_value(op, tensor)
                        arguments.append(self.slot_names[tensor])
                    else:
                        arguments.append(self.value(tensor, op, device))
        updated = [self.slot_names[op.inputs[i]] for i in definition.updates]
        if updated:
            self.updates.keep_old_values(op, updated, arguments, position)
        if template is not None:
            call = template.format(*arguments)
        else:
            node = self.inputs.known.nodes[op]
            state = self.inputs.session_state
            kernel = bound_kernel(Binding(node, device.xp, device.device_type, state))
            call = f"{self.bind(kernel, 'k')}({', '.join(arguments)})"
        self.memory.write(op, call, template, arguments, updated, position)
        for name in updated:
            self.versions[name] += 1
            if self.text.at_top:
                self.ready_slots.add(name)
        for tensor in op.outputs if self.slot_names else ():
            if tensor in self.slot_names:
                self.set_root(tensor, self.slot_root(self.slot_names[tensor]))

    def targets(self, op: Operation, updated: Sequence[str], same_value: bool) -> list[str]:
        """The locals of an op's outputs; a reference is the slot the op updates or hands on."""
        names = []
        for tensor in op.outputs:
            if tensor.dtype.is_ref_dtype:
                self.slot_names[tensor] = updated[0] if updated else self.slot_names[op.inputs[0]]
                continue
            name = self.new_local()
            names.append(name)
            if tensor in self.fed:
                continue
            view_of = op.definition.view_of
            source = None if view_of is None else op.inputs[view_of]
            own = self.own_root()
            self.set_root(tensor, own if source is None else self._root_now(source))
            self.contents[tensor] = self.contents[op.inputs[0]] if same_value else own
            self.name(tensor, name)
        return names

    def own_root(self) -> Root:
        """The root of a value with memory of its own."""
        self.owned += 1
        return ("own", self.owned)

    def _template(self, op: Operation, device: Device) -> str | None:
        """The expression that stands for the op's kernel; None where the kernel is called."""
        template = op.definition.template
        if template is None or device.device_type != "CPU":
            return None
        if takes_string_scalars(op) and template != "{0}":
            return None
        return template if isinstance(template, str) else template(self.inputs.known.nodes[op])

    # -- values ------------------------------------------------------------------------------

    def value(self, tensor: Tensor, reader: Operation | None, device: Device | None) -> str:
        """The expression for a tensor's value on a device; None is the host."""
        home = self.inputs.placement.get(tensor.op)
        if tensor in self.fed or tensor in self.inputs.known.values:
            home = None
        away = needs_copy(home, device)
        if tensor in self.slot_names:
            self._require_value(reader, tensor)
            name = f"{self.slot_names[tensor]}.value"
            return self._copied(name, home, device, reader) if away else name
        if not away:
            return self.expressions[tensor, None]
        place: Device | str = HOST if device is None or device.device_type == "CPU" else device
        there = self.expressions.get((tensor, place))
        if there is None:
            if tensor in self.inputs.known.values:
                assert device is not None
                there = self.bind(device.from_host(self.inputs.known.values[tensor]), "c")
            else:
                there = self._copied(self.expressions[tensor, None], home, device, reader)
            self.expressions[tensor, place] = there
        return there

    def _copied(
        self, name: str, home: Device | None, device: Device | None, reader: Operation | None
    ) -> str:
        """Emit the copy of a value from one device to another and return its local."""
        if home is not None and home.device_type != "CPU":
            name = f"{self.bind(home.to_host, 'd')}({name})"
        if device is not None and device.device_type != "CPU":
            name = f"{self.bind(device.from_host, 'd')}({name})"
        local = self.new_local()
        self.text.add(f"{local} = {name}", reader)
        return local

    def _require_value(self, reader: Operation | None, tensor: Tensor) -> None:
        """Emit the test for a variable that had no value when the plan was made."""
        name = self.slot_names[tensor]
        if name in self.ready_slots or (
            reader is not None and reader.definition.allows_uninitialized
        ):
            return
        self.text.add(f"if {name}.value is None: uninitialized({name})", reader)

    def _fetch(self, tensor: Tensor, op: Operation) -> None:
        """Fix what is fetched of an op right after it ran, before an update can change it."""
        if tensor in self.fetch_results:
            return
        name = self.value(tensor, op, None)
        reserved = None if self.flow is None else self.flow.fetch_locals.get(tensor)
        is_shared = self.roots[tensor][0] in ("slot", "constant", "merged")
        is_shared = is_shared or self.recorder.holds
        if reserved or is_shared or self.memory.lifetimes.is_kept(name):
            local = reserved or self.new_local()
            self.text.add(
                f"{local} = {name}.copy()" if _copies(tensor) else f"{local} = {name}", op
            )
            name = local
        self.fetch_results[tensor] = name
        self.memory.lifetimes.keep(name)

    def _record(self, tensor: Tensor, op: Operation) -> None:
        if not self.recorder.wants(tensor) or self.is_handle(tensor):
            return
        slot = self.slot_names.get(tensor)
        known = self.inputs.known.values.get(tensor) if tensor not in self.fed else None
        if self.recorder.summarizes:
            name = self.health.summary(tensor, op, known)
        elif slot is not None:
            name = self.new_local()
            self.text.add(f"{name} = {slot}.value", op)
        else:
            name = self.expressions[tensor, None]
        for line in self.recorder.record(
            tensor,
            self.inputs.placement[op],
            name,
            self.contents[tensor],
            known,
            self.inputs.known.shapes[tensor],
            slot if slot in self.ready_slots else None,
            tensor in self.covered,
        ):
            self.text.add(line, op)

    # -- names -------------------------------------------------------------------------------

    def name(self, tensor: Tensor, name: str) -> None:
        """Let `name` stand for the value of `tensor` on its own device."""
        self.expressions[tensor, None] = name
        self.memory.name(tensor, name)

    def set_root(self, tensor: Tensor, root: Root) -> None:
        """Note whose memory a tensor has."""
        self.roots[tensor] = self.contents[tensor] = root
        self.by_root.setdefault(root, []).append(tensor)


def _copies(tensor: Tensor) -> bool:
    """False for strings: their scalars are plain bytes."""
    return tensor.dtype.numpy_dtype.kind != "O" or tensor.shape.ndims not in (0, None)
