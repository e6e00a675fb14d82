"""What the op sweep found and nobody has mended yet: op types and kinds of variants that differ.

The kinds are those of `op_variants.py`: plain, types, sizes, special. Other kinds of an op type
listed here are held to TensorFlow. `OPSCOPE_SWEEP_FOUND=file pytest tests/interop/test_op_sweep.py`
writes what differs to the file.
"""

from __future__ import annotations

from op_differences import table

OPEN = {
    "values": table(""),
    "shapes": table(""),
    "gradients": table(""),
}

# Element types that TensorFlow has a CPU kernel for and opscope has not.
LACKING = table("")
