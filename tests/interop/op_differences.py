"""Where opscope does not do what TensorFlow does with a variant of a sample, and why."""

from __future__ import annotations

import re

from op_difference import NAN, Difference
from op_differences_images import KEPT_OF_IMAGES

# Where the process of TensorFlow ends, by a failed check or a bad memory access: by op type
# and variant; and those in whose gradients it does.
CRASHES = (
    (r"AvgPool(3D)?Grad|.*Backprop(Input|InputV2)", r"\S+ \[[01]\],"),
    (r"CTCLoss", r"CTCLoss \[\d, \d, 0\]"),
    (r"SplitV", r".*Tlen=int8"),
    (r"I?RFFT(2D|3D)?", r".*indices below"),
)
GRADIENT_CRASHES = (
    (r"MaxPool(3D)?", r"\S+ \[[^\]]*\b0\b"),
    (r"MaxPool3D", r".*VALID.* (\[|: )3 -> 1\]"),
    (r"MatrixSquareRoot", r"\S+ \[[^\]]*\b0\b"),
)

# Kept on purpose; the reasons say what TensorFlow does.
KEPT: tuple[Difference, ...] = (
    Difference(
        r"Stateless(Random.*|TruncatedNormal)V2",
        r"\S+ \[\d\],\[1\],\[[01]\]",
        r"",
        "a counter of one number does for the other algorithm; Philox reads what lies behind it",
    ),
    Difference(
        r".*",
        r".*",
        r"(values .*|Inv\w+), expected (Unimplemented|NotFound)Error",
        "no kernel there",
    ),
    Difference(
        r"DepthToSpace|SpaceToDepth",
        r".*'NCHW'",
        r"Inv.*, expected NotFound",
        "no kernel there; what does not fit is refused before it is looked for",
    ),
    Difference(
        r"SpaceToBatchND|BatchToSpaceND",
        r"",
        r"\[(None|\[None, .*\])\], expected ValueError",
        "refused while the graph is built, though it may run",
    ),
    Difference(
        r"ParallelConcat",
        r"",
        r"ValueError, expected (values|Inv)",
        "its parts have to have known shapes when the graph is built, in TensorFlow's Python too",
    ),
    Difference(
        r"GatherNd", r".*Tindices=int16", r"values, expected ", "no such indices in ScatterNd there"
    ),
    Difference(r"Range", r".*=float16", r".* expected ValueError", "no float16 in its shape rule"),
    Difference(
        r"TopKV2", r".*index_type=", r"values, expected TypeError", "its gradient adds int32"
    ),
    Difference(r"TopKV2", r"TopKV2 \[3, 0\]", r"ValueError, expected Inv", "refused when it runs"),
    Difference(
        r"Div|Pow|RealDiv|Rsqrt|SqrtGrad|TridiagonalSolve",
        r".* \[special values of complex",
        r"",
        "C++ and NumPy disagree about the infinities of complex numbers",
    ),
    Difference(r"Erf", r".* \[special values of float64", r"", "NaN at infinity; ours is 1"),
    Difference(
        r"Round", r"", r"output 0: .*np\.int", "0 for every integer; tf.round makes no op for them"
    ),
    Difference(r"Cross", r"", r"Inv.*, expected FailedPrecondition", "an error of its own"),
    Difference(
        r"SparseSegment.*",
        r".*\[0\],",
        r"gradient 0: \d+ of ",
        "without rows it writes nothing: memory as it was",
    ),
    Difference(
        r"SparseSegment(Sum|Mean|SqrtN)Grad",
        r"\S+ \[3, 2\],\[0\],\[0\],\[\]",
        r"output 0: \d+ of ",
        "without rows it writes nothing: memory as it was",
    ),
    Difference(
        r"CTC(Loss|BeamSearchDecoder)",
        r".*float64",
        r"(output|gradient) \d+: .*np\.float",
        "logarithms are added in float32, whatever the type",
    ),
    Difference(
        r"CTCLoss",
        r"CTCLoss \[\d+, \d+, 1\]",
        r"(output|gradient) 0",
        "with no class but the blank the one path counts twice",
    ),
    Difference(r"CTC.*", NAN, r"", "NaN wins or loses each comparison"),
    Difference(r"Softmax", NAN, r"", "0 in a row with NaN, depending on the place"),
    Difference(r"TopKV2", NAN, r"", "the place of NaN depends on the algorithm"),
    Difference(r"(Unsorted)?Segment(Max|Min)", NAN, r"", "a comparison loses NaN, or not"),
    Difference(
        r".*",
        r"",
        r"InvalidArgumentError, expected AbortedError",
        "oneDNN gives up; ours says what is wrong",
    ),
    Difference(
        r"MulNoNan|Xdivy|MatrixTriangularSolve",
        r".*complex",
        r"",
        "C++ and NumPy disagree about the infinities of complex numbers",
    ),
    Difference(r"Expint", r".* \[special values of float", r"", "NaN at infinity; ours is inf"),
    Difference(r"BesselY1", r".* \[special values of float", r"", "NaN at 0 in float32"),
    Difference(r"Betainc", r".* \[special values", r"", "0 at x = 0 even where a or b is NaN"),
    Difference(r"CumulativeLogsumexp", NAN, r"", "NaN counts as nothing, or not"),
    Difference(r"SparseReduceMax(Sparse)?", NAN, r"", "a comparison loses NaN, or not"),
    Difference(r"LowerBound|UpperBound", NAN, r"", "rows with NaN are not sorted"),
    Difference(
        r"Matrix(Logarithm|SolveLs|SquareRoot)|Qr",
        r".* \[special values",
        r"output \d: ",
        "what rounding leaves of a singular matrix; least squares lose NaN",
    ),
    Difference(
        r"MatrixSolveLs",
        r"\S+ \[0, \d\],\[0, \d\],\[\]",
        r"output 0: \d+ of ",
        "without rows it writes nothing: memory as it was",
    ),
    Difference(
        r"Cholesky",
        r".* \[special values",
        r"InvalidArgumentError, expected values",
        "a complex matrix, or one beside another with NaN, that has no root is not noticed",
    ),
    Difference(
        r"Cholesky",
        r".*\[T=complex",
        r"InvalidArgumentError, expected values",
        "a complex matrix that has no root is not noticed",
    ),
    Difference(
        r"Qr",
        r".*\[T=float16\]",
        r"output \d: 1 of \d+ values",
        "factored in half precision; ours is in single precision, rounded once",
    ),
    Difference(
        r"StridedSlice",
        r"StridedSlice \[0",
        r"ValueError, expected \[None\]",
        "a bound of an empty axis that is not known is refused at once",
    ),
    Difference(
        r"MatrixDiagV3",
        r"",
        r"\[\[None, None\]\], expected ValueError",
        "its shape rule takes an unknown size for -1",
    ),
    Difference(
        r"Qr",
        r".*T=float16",
        r"values, expected InvalidArgumentError",
        "its gradient has no float16",
    ),
    Difference(
        r"MulNoNan|Xdivy",
        r".*T=complex",
        r"(gradient|output) \d: .*(inf|nan)",
        "C++ and NumPy disagree about the infinities of complex numbers",
    ),
    Difference(
        r"SparseAdd",
        r".*\[(T(real)?=|special values of (float64|complex))",
        r"",
        "it reads the threshold as T, so that where T is wider, memory beside it counts",
    ),
    Difference(
        r"SparseSoftmax",
        r"",
        r".* expected (InvalidArgument|Internal)Error",
        "its gradient has no empty sums; other errors for indices out of range",
    ),
    Difference(
        r"SparseSparse(Max|Min)imum", r"", r"\S+ expected TypeError", "no gradient; a slip there"
    ),
    Difference(r"TopKV2", r"TopKV2 \[2, 0\]", r"ValueError, expected Inv", "refused when it runs"),
)


def table(text: str) -> dict[str, frozenset[str]]:
    rows = (row.partition(":") for row in text.splitlines() if row.strip())
    return {op_type.strip(): frozenset(kinds.split()) for op_type, _, kinds in rows}


def crashes(op_type: str, variant: str) -> bool:
    return any(re.fullmatch(o, op_type) and re.match(v, variant) for o, v in CRASHES)


def gradient_crashes(op_type: str, variant: str) -> bool:
    return any(re.fullmatch(o, op_type) and re.match(v, variant) for o, v in GRADIENT_CRASHES)


def is_kept(op_type: str, variant: str, message: str) -> bool:
    return any(d.covers(op_type, variant, message) for d in (*KEPT, *KEPT_OF_IMAGES))
