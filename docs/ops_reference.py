"""Print docs/ops.md: every op type with its kernels, its gradient, and how it was checked.

`make docs` writes the file; tests/test_documentation.py compares it.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import opscope.runtime  # noqa: F401 - it defines the op types
from opscope.runtime.op_def import OPS, OpDef

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "runtime"))

from op_samples import SAMPLES

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
  kernel, with the GPU (`tests/runtime/test_ops_on_gpu.py`). *numeric* says that the gradient is
  also compared with finite differences. Other ops name the test that runs them.
"""

# Why an op that could have a gradient has none.
REASONS = {
    "While": "loops of functions have none; those of `tf.while_loop` do",
    "StatelessWhile": "loops of functions have none; those of `tf.while_loop` do",
    "SoftsignGrad": "TensorFlow has none",
    "LRNGrad": "TensorFlow has none",
}

# The test of the ops of a module that samples cannot stand for: they have state, files or effects.
TESTS = {
    "resource_variables": "tests/runtime/test_resource_variables.py",
    "resource_updates": "tests/interop/test_resource_interop.py",
    "functions": "tests/runtime/test_functions.py",
    "function_gradient": "tests/interop/test_functions_interop.py",
    "keras_updates": "tests/interop/test_resource_interop.py",
    "optimizer_forms": "tests/interop/test_resource_interop.py",
    "scattering": "tests/runtime/test_scattering.py",
    "state": "tests/runtime/test_variables.py",
    "basic": "tests/runtime/test_session.py",
    "training": "tests/runtime/test_optimizers.py",
    "proximal": "tests/interop/test_optimizers_interop.py",
    "summary": "tests/runtime/test_summary.py",
    "checkpoint": "tests/runtime/test_saver.py",
    "random": "tests/runtime/test_random.py",
    "sampling": "tests/runtime/test_sampling.py",
    "flow": "tests/runtime/test_control_flow.py",
    "stacks": "tests/runtime/test_control_gradients.py",
    "tensor_arrays": "tests/runtime/test_control_arrays.py",
    "dataset_ops": "tests/interop/test_data_interop.py",
    "source_ops": "tests/interop/test_data_interop.py",
    "iterator_ops": "tests/interop/test_data_interop.py",
    "queue_ops": "tests/interop/test_queue_interop.py",
    "readers": "tests/interop/test_queue_interop.py",
    "counting": "tests/interop/test_queue_interop.py",
    "assertion": "tests/interop/test_queue_interop.py",
    "python_call": "tests/interop/test_queue_interop.py",
    "parsing": "tests/interop/test_parsing_interop.py",
    "decoding": "tests/interop/test_parsing_interop.py",
    "image_files": "tests/interop/test_parsing_interop.py",
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
    counts = Counter(s.op_type for s in SAMPLES)
    count = counts[definition.name]
    if count:
        is_numeric = any(s.smooth for s in SAMPLES if s.op_type == definition.name)
        plural = "s" if count > 1 else ""
        return f"{count} sample{plural}" + (", numeric" if is_numeric else "")
    test = TESTS.get(module_of(definition)) or test_that_names(definition.name)
    return f"[{Path(test).name}](../{test})" if test else "as part of other ops' tests"


def test_that_names(op_type: str) -> str | None:
    """The first test of the runtime that names an op type."""
    for folder in ("runtime", "interop"):
        for path in sorted((ROOT / "tests" / folder).rglob("test_*.py")):
            if f'"{op_type}"' in path.read_text():
                return path.relative_to(ROOT).as_posix()
    return None


def sections() -> Iterator[str]:
    """The document in parts: one table per subject."""
    ours = [d for d in OPS.values() if d.kernels["ANY"].__module__.startswith("opscope.")]
    yield HEADING
    sampled = {s.op_type for s in SAMPLES}
    on_gpu = sum(d.kernel("GPU") is not None for d in ours)
    smooth = sum(d.gradient_rule is not None for d in ours)
    yield (
        f"\n{len(ours)} op types: {on_gpu} with a GPU kernel, {smooth} with a gradient, "
        f"{sum(d.name in sampled for d in ours)} with samples ({len(SAMPLES)} in all).\n"
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
