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

from opscope.runtime.binding import Binding
from opscope.runtime.common_ops import common_ops
from opscope.runtime.compiled_text import compiled_text
from opscope.runtime.coverage import Coverage
from opscope.runtime.devices import Device, needs_copy
from opscope.runtime.feed import refuse_unfed
from opscope.runtime.fetch_code import FetchCode
from opscope.runtime.flow_code import FlowCode
from opscope.runtime.generated_names import GeneratedNames
from opscope.runtime.instrumentation import Recorder, instrument_names
from opscope.runtime.kernels import bound_kernel, takes_string_scalars
from opscope.runtime.liveness import last_uses
from opscope.runtime.memory_code import MemoryCode
from opscope.runtime.operation import Operation, Tensor, tensors_by_argument
from opscope.runtime.plan import PLAIN, Program
from opscope.runtime.program_inputs import Inputs
from opscope.runtime.record_code import RecordCode
from opscope.runtime.roots import Root, Roots
from opscope.runtime.source_text import SourceText
from opscope.runtime.update_code import UpdateCode
from opscope.runtime.variable_slot import VariableSlot

# Where a copy of a tensor is: at home (None), on the host, or on another device.
HOST = "host"

# The op types whose output stands for a slot of the session.
VARIABLES = frozenset({"VariableV2", "VarHandleOp"})


def generate(inputs: Inputs) -> Program:
    """Generate and compile the program."""
    return Generator(inputs).program()


class Generator:
    """Writes one program; `FlowCode` asks it for single ops and values."""

    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs
        self.text = SourceText()
        self.expressions: dict[Tensor, str] = {}  # at home, each on its own device
        self._copies: dict[tuple[Tensor, Device | str], str] = {}
        self.slot_names: dict[Tensor, str] = {}
        self.slots: dict[VariableSlot, str] = {}
        self.versions: dict[str, int] = {}
        self.ready_slots: set[str] = set()
        self.roots = Roots()
        self.calls = 0
        self.fed = {feed.tensor for feed in inputs.feeds}
        self.fetched = {e for e in inputs.fetches.elements if isinstance(e, Tensor)}
        devices = {device.device_type for device in set(inputs.placement.values())}
        self.is_home = devices <= {"CPU"}  # no value has to be copied from one device to another
        has_flow = inputs.items is not None
        self.recorder = Recorder(
            inputs.instrument,
            self.is_home,
            repeats=has_flow,
            only_checks=inputs.checked_slots is not None,
            ops=inputs.order,
        )
        self.names = GeneratedNames(instrument_names(self.recorder))
        self.bind = self.names.bind
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
        self.fetches = FetchCode(self)
        self.records = None if inputs.instrument is PLAIN else RecordCode(self)
        self.is_quiet = self.records is None and self.flow is None  # ops are followed by nothing

    # -- whole program -----------------------------------------------------------------------

    def program(self) -> Program:
        """Write everything, and compile it."""
        instrument = self.inputs.instrument
        for i, feed in enumerate(self.inputs.feeds):
            self.expressions[feed.tensor] = f"f{i}"
            self.roots.put(feed.tensor, ("feed", i))
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
                if len(self.text.lines) >= self.text.next_cut and self.is_quiet:
                    self.text.cut(self.memory.lifetimes.live_names())
        self.text.add(f"return {self.fetches.result()}", None)
        parameters = [f"f{i}" for i in range(len(self.inputs.feeds))]
        compiled = compiled_text(self.text, parameters, self.names.namespace)
        recorder = self.recorder
        return Program(
            function=self.names.namespace["run"],
            source=compiled.source,
            lines=compiled.owners,
            pieces=compiled.pieces,
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

    # -- one op ------------------------------------------------------------------------------

    def op(self, op: Operation, position: int) -> None:
        """Write one op."""
        op_type = op.type
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
                self._alias(tensor, source, self.expressions[source])
        elif op_type != "NoOp":
            self._call(op, position)
        self.finish(op, op.outputs)
        if op in self.active:
            self.memory.after(op, position)

    def finish(self, op: Operation, outputs: Sequence[Tensor]) -> None:
        """Write what comes after an op: record, fetch and time its outputs."""
        if self.is_quiet and self.fetched.isdisjoint(outputs):
            return
        for tensor in outputs:
            if self.flow is not None and tensor in self.flow.deciding and tensor not in self.fed:
                self.text.predicates[tensor] = self.value(tensor, op, None)
            if self.records is not None:
                self.records.record(tensor, op)
            if tensor in self.fetched:
                self.fetches.fetch(tensor, op)
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
        self.roots.put(tensor, self.slot_root(self.slot_names[source]))

    def _alias(self, tensor: Tensor, source: Tensor, name: str) -> None:
        """Let a tensor that has the value of `source` go by a name of it."""
        self.roots.put(tensor, self.roots.of(source))
        self.roots.put_content(tensor, source)
        self.name(tensor, name)

    def own_local(self, tensor: Tensor) -> str:
        """A new local for a tensor that is one of several others, and may share their memory."""
        local = self.new_local()
        self.roots.put(tensor, ("merged", local))
        self.name(tensor, local)
        return local

    def _constant(self, tensor: Tensor) -> None:
        value = self.inputs.known.values[tensor]
        self.expressions[tensor] = self.bind(value, "c")
        self.roots.put(tensor, ("constant", id(value)))

    def _variable(self, op: Operation) -> None:
        tensor = op.outputs[0]
        slot = self.inputs.slot(op)
        name = self.slots.get(slot)
        if name is None:
            name = self.slots[slot] = self.bind(slot, "s")
            if slot.value is not None:
                self.ready_slots.add(name)
        self.slot_names[tensor] = name
        self.roots.put(tensor, self.slot_root(name))

    def is_handle(self, tensor: Tensor) -> bool:
        """True for a resource that stands for a variable's slot."""
        return tensor in self.slot_names and not tensor.dtype.is_ref_dtype

    def _root_now(self, tensor: Tensor) -> Root:
        """Whose memory a tensor has; a reference and a handle follow the variable's updates."""
        slot = self.slot_names.get(tensor)
        return self.roots.of(tensor) if slot is None else self.slot_root(slot)

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
        updated: list[str] = []
        if self.is_home and not self.slot_names:
            arguments = [self.expressions[tensor] for tensor in op.inputs]
        else:
            for arg, tensors in tensors_by_argument(op):
                for tensor in tensors:
                    if arg.is_ref or self.is_handle(tensor):
                        self._require_value(op, tensor)
                        arguments.append(self.slot_names[tensor])
                    else:
                        arguments.append(self.value(tensor, op, device))
        if definition.updates:
            updated = [self.slot_names[op.inputs[i]] for i in definition.updates]
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
        if self.slot_names.keys().isdisjoint(op.outputs):
            return
        for tensor in op.outputs:
            if tensor in self.slot_names:
                self.roots.put(tensor, self.slot_root(self.slot_names[tensor]))

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
            if source is None:
                self.own(tensor, name)
            else:
                self.roots.put_view(tensor, self._root_now(source))
                self.name(tensor, name)
            if same_value:
                self.roots.put_content(tensor, op.inputs[0])
        return names

    def own(self, tensor: Tensor, name: str) -> None:
        """Let the local `name` stand for a value with memory of its own."""
        self.expressions[tensor] = name
        self.memory.lifetimes.named(tensor, name, tensor)

    def _template(self, op: Operation, device: Device) -> str | None:
        """The expression that stands for the op's kernel; None where the kernel is called."""
        template = op.definition.template
        if template is None or device.device_type != "CPU":
            return None
        if template == "{0}":
            return template
        if takes_string_scalars(op):
            return None
        return template if isinstance(template, str) else template(self.inputs.known.nodes[op])

    # -- values ------------------------------------------------------------------------------

    def value(self, tensor: Tensor, reader: Operation | None, device: Device | None) -> str:
        """The expression for a tensor's value on a device; None is the host."""
        home = None
        if not self.is_home and tensor not in self.fed and tensor not in self.inputs.known.values:
            home = self.inputs.placement.get(tensor.op)
        away = not self.is_home and needs_copy(home, device)
        if tensor in self.slot_names:
            self._require_value(reader, tensor)
            name = f"{self.slot_names[tensor]}.value"
            return self._copied(name, home, device, reader) if away else name
        if not away:
            return self.expressions[tensor]
        place: Device | str = HOST if device is None or device.device_type == "CPU" else device
        there = self._copies.get((tensor, place))
        if there is None:
            if tensor in self.inputs.known.values:
                assert device is not None
                there = self.bind(device.from_host(self.inputs.known.values[tensor]), "c")
            else:
                there = self._copied(self.expressions[tensor], home, device, reader)
            self._copies[tensor, place] = there
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

    # -- names -------------------------------------------------------------------------------

    def name(self, tensor: Tensor, name: str) -> None:
        """Let `name` stand for the value of `tensor` on its own device."""
        self.expressions[tensor] = name
        self.memory.name(tensor, name)
