"""Print docs/ops.md: every op type with its kernels, its gradient, and how it was checked.

`make docs` writes the file; tests/test_documentation.py compares it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import opscope.runtime  # noqa: F401 - it defines the op types
from opscope.runtime.op_def import OPS, OpDef

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "runtime"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "interop"))

from numeric_gradients import WITHOUT
from op_recorder import read_table
from op_samples import SAMPLES
from op_variants import types_of, variants

HEADING = """\
# Op types

Written by `make docs` from the registry (`opscope.runtime.op_def.OPS`) and from the tests' samples
(`tests/runtime/op_samples.py`). Op types, attributes and their defaults are those of TensorFlow;
`tests/interop/test_op_signatures_interop.py` compares them.

- **Kernels**: CPU is NumPy, GPU is CuPy. An op without a GPU kernel runs on the CPU in a graph that
  runs on a GPU.
- **Gradient**: *none* where the outputs do not depend smoothly on the inputs, as in TensorFlow;
  otherwise the reason why there is none.
- **Checked**: *n samples* stand for n nodes of which each is compared with TensorFlow's
  (`tests/interop/test_op_samples_interop.py`), with its own shape rule for known and unknown
  shapes, with its form in generated code (`tests/runtime/test_ops_registry.py`) and, with a GPU
  kernel, with the GPU (`tests/runtime/test_ops_on_gpu.py`). *m nodes of k types* are their variants
  (`tests/runtime/op_variants.py`): every element type that TensorFlow's CPU kernel takes, sizes of
  0 and 1, special values. Values, error types, static shapes of known and unknown inputs, and
  gradients of each are compared with TensorFlow's (`tests/interop/test_op_sweep.py`); what differs
  on purpose is listed with the reason in `tests/interop/op_differences.py` and
  `tests/interop/op_differences_images.py`, what is found and not mended yet in
  `tests/interop/op_differences_open.py`, now empty. *numeric* says that the
  gradient is also compared with finite differences, on the samples and on what becomes of them with
  axes of size 1, in 64-bit floats where the op takes them
  (`tests/interop/test_numeric_gradients.py`). Other ops name a test that runs them;
  assignments, scatters, tensor arrays, stacks, queues and references are compared with TensorFlow's
  over every element type besides (`tests/interop/test_stateful_ops.py`), random ops as to type,
  shape, range and seed (`tests/interop/test_random_ops_interop.py`).
"""

# Why an op that could have a gradient has none.
REASONS = {
    "While": "loops of functions have none; those of `tf.while_loop` do",
    "StatelessWhile": "loops of functions have none; those of `tf.while_loop` do",
    "SoftsignGrad": "TensorFlow has none",
    "LRNGrad": "TensorFlow has none",
}

ROOT = Path(__file__).parents[1]


def module_of(definition: OpDef) -> str:
    """The subject that an op belongs to: the module of its kernel."""
    return definition.kernels["ANY"].__module__.rpartition(".")[2]


def kernels(definition: OpDef) -> str:
    """The devices an op runs on."""
    return "CPU, GPU" if definition.kernel("GPU") is not None else "CPU"


def gradient(definition: OpDef) -> str:
    """Whether an op has a gradient, and why not."""
    if definition.gradient_rule is not None:
        return "yes"
    return f"none: {REASONS[definition.name]}" if definition.name in REASONS else "none"


def checked(definition: OpDef) -> str:
    """How an op was tested."""
    samples = [s for s in SAMPLES if s.op_type == definition.name]
    if not samples:
        test = read_table().get(definition.name)
        if test is None:
            return "not yet"
        return f"[{Path(test).name}](../{test})"
    nodes = variants(definition.name)
    types: dict[str, set[str]] = {}
    for node in nodes:
        for attr, name in types_of(node).items():
            types.setdefault(attr, set()).add(name)
    parts = [counted(len(samples), "sample")]
    if nodes:
        parts.append(
            counted(len(nodes), "node")
            + f" of {counted(max(map(len, types.values()), default=1), 'type')}"
        )
    is_numeric = definition.gradient_rule is not None and definition.name not in WITHOUT
    return ", ".join([*parts, *["numeric"] * is_numeric])


def counted(count: int, what: str) -> str:
    """A number with its noun: 1 node, 2 nodes."""
    return f"{count} {what}" + "s" * (count != 1)


def sections() -> Iterator[str]:
    """The document in parts: one table per subject."""
    ours = [d for d in OPS.values() if d.kernels["ANY"].__module__.startswith("opscope.")]
    yield HEADING
    sampled = {s.op_type for s in SAMPLES}
    on_gpu = sum(d.kernel("GPU") is not None for d in ours)
    smooth = sum(d.gradient_rule is not None for d in ours)
    yield (
        f"\n{len(ours)} op types: {on_gpu} with a GPU kernel, {smooth} with a gradient, "
        f"{sum(d.name in sampled for d in ours)} with samples ({len(SAMPLES)} in all, "
        f"{sum(len(variants(d.name)) for d in ours)} nodes with their variants).\n"
    )
    for module in sorted({module_of(d) for d in ours}):
        yield f"\n## {module.replace('_', ' ')}\n\n"
        yield "| Op | What it gives | Kernels | Gradient | Checked |\n|---|---|---|---|---|\n"
        for definition in sorted(ours, key=lambda d: d.name):
            if module_of(definition) == module:
                doc = " ".join(definition.doc.partition("\n\n")[0].split()).replace("|", "\\|")
                yield (
                    f"| `{definition.name}` | {doc} | {kernels(definition)} | "
                    f"{gradient(definition)} | {checked(definition)} |\n"
                )


if __name__ == "__main__":
    print("".join(sections()), end="")
