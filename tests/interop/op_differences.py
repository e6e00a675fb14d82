"""Where opscope does not do what TensorFlow does with a variant of a sample, and why."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """op_type, variant, message: regular expressions that must match from the start."""

    op_type: str
    variant: str
    message: str
    reason: str

    def covers(self, op_type: str, variant: str, message: str) -> bool:
        return bool(
            re.fullmatch(self.op_type, op_type)
            and re.match(self.variant, variant)
            and re.match(self.message, message)
        )


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

NAN = r".* \[special values of b?float"

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
    Difference(r"LRN", NAN, r"", "a running sum: an infinity leaves NaN behind"),
    Difference(r"Softmax", NAN, r"", "0 in a row with NaN, depending on the place"),
    Difference(r"TopKV2", NAN, r"", "the place of NaN depends on the algorithm"),
    Difference(r"(Unsorted)?Segment(Max|Min)", NAN, r"", "a comparison loses NaN, or not"),
    Difference(
        r"(Conv2D|Conv3D|DepthwiseConv2dNative).*",
        r"\S+ [^{]*\b0\b",
        r"",
        "oneDNN hands an empty input through, and has no empty filters",
    ),
    Difference(r".*", r"", r".*expected AbortedError", "oneDNN gives up; ours says what is wrong"),
    Difference(
        r"Conv2D", r".*VALID.* \[[56] -> 1\]", r"output 0: shape", "oneDNN hands the input through"
    ),
    Difference(
        r".*Backprop(Input|Filter).*",
        r".*(indices below|'SAME'} \[5 -> 0\])",
        r"",
        "sizes of 0, and operands with elements",
    ),
    Difference(
        r"(Avg|Max)Pool(WithArgmax)?",
        r"\S+ \[[^\]]*\b0\]",
        r".* expected (ValueError|Inv)",
        "no channels",
    ),
    Difference(
        r"Conv2D.*",
        r".*'dilations': \[1, 2.*T=float",
        r"values, expected InvalidArgumentError",
        "no gradient of dilated convolution in this type on a CPU",
    ),
    Difference(r"Conv2D.*|(Avg|Max)Pool.*", NAN, r"", "the order of sums decides about NaN or inf"),
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
    Difference(r"AdjustHue|AdjustSaturation|RGBToHSV", NAN, r"", "the order decides about NaN"),
    Difference(r"SparseReduceMax(Sparse)?", NAN, r"", "a comparison loses NaN, or not"),
    Difference(r"LowerBound|UpperBound", NAN, r"", "rows with NaN are not sorted"),
    Difference(r"NonMaxSuppression.*", NAN, r"", "a comparison with NaN is false"),
    Difference(
        r"Conv3D.*|DepthwiseConv2d.*",
        NAN,
        r"output 0: ",
        "the order of sums decides about NaN or inf, and products with padding",
    ),
    Difference(
        r"Conv3D.*",
        r".*(NCDHW|'dilations': \[1, 2).*",
        r"values .*, expected InvalidArgumentError",
        "no such convolution in this type on a CPU",
    ),
    Difference(
        r"ResizeBi(linear|cubic)Grad",
        r".*float64",
        r"output 0: .*np\.float64",
        "products rounded to float32, then added in float64",
    ),
    Difference(
        r"Resize(Bicubic|BicubicGrad|Area)|CropAndResizeGradBoxes",
        r".* \[special values",
        r"output 0: ",
        "sums of large numbers in another order",
    ),
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
        r"MaxPoolGrad(Grad)?",
        r".*(T=uint|special values of u?int)",
        r"output 0: ",
        "outputs that are not the pool's of these inputs: computed anew, or not",
    ),
    Difference(
        r"FusedBatchNormV[23]",
        r".*'is_training': False.*",
        r"output [34]: ",
        "what only the gradient in training needs is memory as it was",
    ),
    Difference(
        r"FusedBatchNormV3",
        r".*T=float16",
        r"output 5: shape",
        "room for cuDNN: a scalar in this kernel, empty in the others",
    ),
    Difference(
        r"FusedBatchNorm(Grad)?V[23]",
        r".* \[special values of b?float",
        r"TypeError, expected Inv",
        "a sample's statistics in a type that U may not be: refused as the node is made",
    ),
    Difference(
        r"FusedBatchNormGrad(V[23])?",
        r"",
        r"output [34]: (shape (\(0,\), expected \(\)|\(\), expected \(0,\))|\[0?\], but the value)",
        "a scalar as of oneDNN, though its shape rule and the other kernels say that it is empty",
    ),
    Difference(
        r"FusedBatchNormGrad(V[23])?",
        r".*'is_training': False, 'data_format': 'NCHW'.*",
        r"values .*, expected InvalidArgumentError",
        "channels first not without oneDNN",
    ),
    Difference(
        r"AvgPool(3D)?Grad",
        r".* \[(\d|input)",
        r"",
        "a gradient of other sizes than the output's is not refused: memory beyond it",
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
        r"Conv3D",
        r".*'dilations': \[1, 2, 1, 2, 1\]",
        r"output 0: .*, expected \[",
        "its shape rule takes the dilations in another order than its kernel",
    ),
    Difference(
        r"CropAndResizeGradBoxes",
        r"\S+ \[0, ",
        r"output 0: \[0, 0\]|ValueError",
        "without boxes it gives [0, 4], whatever the boxes' shape",
    ),
    Difference(
        r"CropAndResize",
        r"\S+ [^{]*\[0, 0\],\[0\]",
        r"InvalidArgumentError, expected values",
        "without boxes their second axis may be anything",
    ),
    Difference(
        r"CropAndResize|ResizeBi(linear|cubic)",
        r".*\[T=float64\]|.*\[T=\w+ ",
        r"gradient 0: .*np\.float64",
        "the gradient comes in float32",
    ),
    Difference(
        r"Resize(Bilinear|Bicubic)Grad",
        r"",
        r"output 0: .*, but the value has|ValueError, expected (values|LookupError)",
        "its kernel reads batch and channels of the gradient, its shape rule of the images",
    ),
    Difference(
        r"FusedBatchNorm(Grad)?(V[23])?",
        r"",
        r"output [345]: \[0?\], expected|ValueError, expected values",
        "what it keeps for its gradient is [0] or [], as the kernel likes",
    ),
    Difference(
        r"Dilation2D", r"", r"gradient 0: \d+ of", "without filters each first element wins"
    ),
    Difference(
        r"ExtractImagePatches",
        r"",
        r".* expected ValueError",
        "its gradient wants the sizes of the images known",
    ),
    Difference(
        r"MaxPoolWithArgmax",
        r".*Targmax",
        r"values, expected InvalidArgumentError",
        "its gradient has no kernel for these",
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
    Difference(r"IRFFT", r"IRFFT \[2, 0\]", r"Inv.*, expected ValueError", "refused when it runs"),
    Difference(
        r"SparseAdd",
        r".*\[T(real)?=",
        r"",
        "the threshold is read as the type that goes with T",
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
    return any(d.covers(op_type, variant, message) for d in KEPT)
