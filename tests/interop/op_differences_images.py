"""Kept differences of convolution, pooling, batch normalization, images and Fourier transforms."""

from __future__ import annotations

from op_difference import NAN, Difference

# A size of 0 in the shapes of the inputs.
EMPTY = r"\S+ [^{]*\b0\b"
CONVOLUTIONS = r"Conv2D|Conv3D|DepthwiseConv2dNative"
BACKPROPS = r"(Conv2D|Conv3D|DepthwiseConv2dNative)Backprop(Input|Filter)(V2)?"
LARGE = r".*'VALID'.* -> 1\]"

KEPT_OF_IMAGES: tuple[Difference, ...] = (
    # -- convolution -------------------------------------------------------------------------
    Difference(
        CONVOLUTIONS,
        EMPTY,
        r"output 0: (shape \(.*\b0\b.*\), expected|\[.*\], but the value has)",
        "oneDNN hands an empty input through as the output; ours has the output's shape",
    ),
    Difference(
        CONVOLUTIONS,
        EMPTY,
        r"(InvalidArgumentError|ValueError), expected values$",
        "the gradient fed has the shape of the input that oneDNN handed through",
    ),
    Difference(
        CONVOLUTIONS,
        LARGE,
        r"output 0: shape \(.*\b0\b.*\), expected",
        "oneDNN hands the input through where no window fits; ours is empty",
    ),
    Difference(
        BACKPROPS,
        rf"{EMPTY}|.*(indices below|-> 0)\]",
        r"InvalidArgumentError, expected values",
        "oneDNN gives zeros where a shape has a 0, whether the shapes fit or not",
    ),
    Difference(BACKPROPS, EMPTY, r"gradient 1: shape", "oneDNN hands the empty gradient through"),
    Difference(
        r"Conv2DBackpropInput",
        rf"{EMPTY}|.*indices below\]",
        r"output 0: \[\d, None, None, None\], but the value has",
        "its shape rule takes the batch of the gradient; oneDNN does not where a shape has a 0",
    ),
    Difference(
        r"Conv2D.*",
        r".*'dilations': \[1, 2.*T=float",
        r"values, expected InvalidArgumentError",
        "no gradient of dilated convolution in this type on a CPU",
    ),
    Difference(
        r"Conv3D.*",
        r".*(NCDHW|'dilations': \[1, 2).*",
        r"values .*, expected InvalidArgumentError",
        "no such convolution in this type on a CPU",
    ),
    Difference(
        r"Conv3D",
        r".*'dilations': \[1, 2, 1, 2, 1\]",
        r"output 0: .*, expected \[",
        "its shape rule takes the dilations in another order than its kernel",
    ),
    Difference(
        r"Conv3D",
        r".*'dilations': \[1, 2, 1, 2, 1\]} \[input 1 axis [12]: 2 -> 0\]",
        r".*ValueError",
        "its shape rule takes the dilations in another order than its kernel",
    ),
    Difference(
        r"Conv3D.*|DepthwiseConv2d.*",
        NAN,
        r"output 0: ",
        "the order of sums decides about NaN or inf, and products with padding",
    ),
    Difference(
        r"Dilation2D(BackpropInput)?",
        r"\S+ [^{]*,\[\d?,? ?0,",
        r"(gradient|output) 0: \d+ of",
        "without filters each first element wins",
    ),
    # -- pooling -----------------------------------------------------------------------------
    Difference(
        r"AvgPool",
        r"\S+ \[\d, \d, \d, 0\]",
        r"values, expected InvalidArgumentError",
        "its gradient refuses images without channels, which it pools",
    ),
    Difference(
        r"AvgPool(3D)?Grad",
        r".* \[(\d|input)",
        r"InvalidArgumentError, expected values",
        "a gradient of other sizes than the output's is not refused: memory beyond it",
    ),
    Difference(
        r"MaxPool",
        LARGE,
        r"values .*, expected AbortedError",
        "oneDNN gives up where no window fits; ours is empty, as AvgPool's there",
    ),
    Difference(
        r"MaxPoolGrad(Grad)?",
        r".*(T=uint|special values of u?int)",
        r"output 0: ",
        "outputs that are not the pool's of these inputs: computed anew, or not",
    ),
    Difference(
        r"MaxPoolWithArgmax",
        r".*Targmax",
        r"values, expected InvalidArgumentError",
        "its gradient has no kernel for these",
    ),
    Difference(r"Conv2D.*|(Avg|Max)Pool.*", NAN, r"", "the order of sums decides about NaN or inf"),
    # -- normalization -----------------------------------------------------------------------
    Difference(r"LRN", NAN, r"", "a running sum: an infinity leaves NaN behind"),
    Difference(
        r"FusedBatchNorm(V[23])?",
        r".*'is_training': False.*",
        r"output [34]: \d+ of",
        "what only the gradient in training needs is memory as it was",
    ),
    Difference(
        r"FusedBatchNormV3",
        r".*T=float16",
        r"output 5: shape \(0,\), expected \(\)",
        "room for cuDNN: a scalar in this kernel, empty in the others",
    ),
    Difference(
        r"FusedBatchNormGrad(V[23])?",
        r"",
        r"output [34]: (shape \(0,\), expected \(\)|\[0\], but the value has \(\))",
        "a scalar as of oneDNN, though its shape rule and the other kernels say that it is empty",
    ),
    Difference(
        r"FusedBatchNormGrad(V[23])?",
        r".*'is_training': False, 'data_format': 'NCHW'} \[T=",
        r"values .*, expected InvalidArgumentError",
        "channels first not without oneDNN",
    ),
    Difference(
        r"FusedBatchNorm(Grad)?V[23]",
        NAN,
        r"TypeError, expected Inv",
        "a sample's statistics in a type that U may not be: refused as the node is made",
    ),
    # -- images ------------------------------------------------------------------------------
    Difference(r"AdjustHue|AdjustSaturation|RGBToHSV", NAN, r"", "the order decides about NaN"),
    Difference(r"NonMaxSuppression.*", NAN, r"", "a comparison with NaN is false"),
    Difference(
        r"Resize(Bicubic|BicubicGrad|Area)|CropAndResizeGradBoxes",
        r".* \[special values",
        r"output 0: ",
        "sums of large numbers in another order",
    ),
    Difference(
        r"CropAndResizeGradBoxes",
        r"\S+ \[0, ",
        r"output 0: \[0, 0\], but the value has \(0, 4\)",
        "without boxes it gives [0, 4], whatever the boxes' shape",
    ),
    Difference(
        r"CropAndResize",
        r".*\[T=float64\]",
        r"gradient 0: .*np\.float64",
        "the gradient comes in float32",
    ),
    Difference(
        r"Resize(Bilinear|Bicubic)Grad",
        r".*\[input \d axis [03]: ",
        r"output 0: \[.*\], but the value has",
        "its kernel reads batch and channels of the gradient, its shape rule of the images",
    ),
    Difference(
        r"ExtractImagePatches",
        r"",
        r"values, expected ValueError$",
        "its gradient wants the sizes of the images known",
    ),
    Difference(
        r"ExtractImagePatches",
        r".*\[input 0 axis [03]: \d -> 0\]",
        r"values, expected InvalidArgumentError$",
        "its gradient cannot find the number of rows without elements; ours is empty",
    ),
    # -- Fourier transforms ------------------------------------------------------------------
    Difference(r"IRFFT", r"IRFFT \[2, 0\]", r"Inv.*, expected ValueError", "refused when it runs"),
    Difference(
        r"I?RFFT(2D|3D)?",
        r"\S+ \[[^\]]*\b0\b",
        r"output 0: \d+ of",
        "of an empty input it writes nothing: memory as it was, ours is zeros",
    ),
)
