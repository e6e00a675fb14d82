"""What op types ask of the shapes of their inputs, where their shape rules do not say it.

One line for each op type, its inputs between commas:

    []        a scalar
    3         an axis of that size
    @N        an axis of the size that the attribute N gives
    n         an axis; all with one name have one size
    _         an axis of any size
    ~         first: any number of axes
    ...       first: any number of axes, the same for all inputs
    *         anything
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from opscope.runtime.tensor_shape import TensorShape, as_shape

if TYPE_CHECKING:
    from opscope.runtime.operation import Operation

_TEXT = """
Cholesky: ~ n n
CombinedNonMaxSuppression: b n _ 4, b n _, [], [], [], []
ComputeAccidentalHits: _ @num_true, _
CropAndResize: _ _ _ _, n 4, n, 2
CropAndResizeGradImage: *, *, *, 4
DenseToSparseSetOperation: *, n r, n, r
DeserializeManySparse: _ 3
DeserializeSparse: ~ 3
Dilation2D: _ _ _ d, _ _ d
DrawBoundingBoxes: _ _ _ _, _ _ 4
EditDistance: n r, n, r, m q, m, q
ExtractGlimpse: b _ _ _, 2, b 2
ExtractGlimpseV2: b _ _ _, 2, b 2
HistogramFixedWidth: *, 2, []
IRFFT: *, 1
IRFFT2D: *, 2
IRFFT3D: *, 3
LogMatrixDeterminant: ~ n n
Lu: ~ n n
MatrixSolveLs: ... m n, ... m k, []
MatrixSquareRoot: ~ n n
MatrixTriangularSolve: ~ n n, ~ n k
NonMaxSuppression: n 4, n, []
NonMaxSuppressionV2: n 4, n, [], []
NonMaxSuppressionV3: n 4, n, [], [], []
NonMaxSuppressionV4: n 4, n, [], [], []
NonMaxSuppressionV5: n 4, n, [], [], [], []
NonMaxSuppressionWithOverlaps: n n, n, [], [], []
RFFT: *, 1
RFFT2D: *, 2
RFFT3D: *, 3
ResizeArea: _ _ _ _, 2
ResizeBicubic: _ _ _ _, 2
ResizeBicubicGrad: _ _ _ _, _ _ _ _
ResizeBilinear: _ _ _ _, 2
ResizeBilinearGrad: _ _ _ _, _ _ _ _
ResizeNearestNeighbor: _ _ _ _, 2
ResizeNearestNeighborGrad: _ _ _ _, 2
SparseAdd: *, *, _, *, *, *, *
SparseFillEmptyRows: n r, n, r, []
SparseReorder: _ _, _, _
SparseSegmentMean: ~ _, n, n
SparseSegmentMeanGrad: ~ _, n, n, []
SparseSegmentMeanGradV2: ~ _, n, n, []
SparseSegmentMeanWithNumSegments: ~ _, n, n, []
SparseSegmentSqrtN: ~ _, n, n
SparseSegmentSqrtNGrad: ~ _, n, n, []
SparseSegmentSqrtNGradV2: ~ _, n, n, []
SparseSegmentSqrtNWithNumSegments: ~ _, n, n, []
SparseSegmentSum: ~ _, n, n
SparseSegmentSumGrad: ~ _, n, n, []
SparseSegmentSumGradV2: ~ _, n, n, []
SparseSegmentSumWithNumSegments: ~ _, n, n, []
SparseSoftmax: _ _, _, _
SparseToSparseSetOperation: n r, n, r, m r, m, r
"""


FORMS = dict(row.split(": ") for row in _TEXT.strip().splitlines())


@cache
def _axes(op_type: str) -> list[list[str]]:
    """The axes of each input."""
    return [part.split() for part in FORMS[op_type].split(",")]


def check_inputs(node: Operation) -> None:
    """ValueError when the known shapes of a node's inputs do not have the form of its op type."""
    if node.type not in FORMS:
        return
    sizes: dict[str, int] = {}
    batch = TensorShape(None)
    for tensor, axes in zip(node.inputs, _axes(node.type), strict=True):
        shape = as_shape(tensor.shape)
        if axes == ["*"] or shape.sizes is None:
            continue
        is_open = axes[0] in ("~", "...")
        named = [a for a in axes if a not in ("[]", "~", "...")]
        given = shape.with_rank_at_least(len(named)) if is_open else shape.with_rank(len(named))
        start = len(given) - len(named)
        if axes[0] == "...":
            batch = batch.merge_with(given[:start])
        for name, size in _required(node, named, given.as_list()[start:]):
            if sizes.setdefault(name, size) != size:
                raise ValueError(f"Dimensions must be equal, but are {sizes[name]} and {size}")


def _required(
    node: Operation, named: list[str], given: list[int | None]
) -> Iterator[tuple[str, int]]:
    """Each known size that has a name; ValueError for one that is not the number it should be."""
    for name, size in zip(named, given, strict=True):
        if name == "_" or size is None:
            continue
        if name[0] == "@" or name.isdigit():
            wanted = node.attrs[name[1:]] if name[0] == "@" else int(name)
            if size != wanted:
                raise ValueError(f"Dimension must be {wanted} but is {size}")
        else:
            yield name, size
