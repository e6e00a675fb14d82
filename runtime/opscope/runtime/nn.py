"""tf.nn: the functions of neural networks."""

from __future__ import annotations

from typing import Any

from opscope.runtime import rnn_cell
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.custom_gradient import custom_gradient
from opscope.runtime.make_op import make_tensor
from opscope.runtime.math import sigmoid, softplus, softsign, tanh
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.activation import bias_add
from opscope.runtime.ops.any_rank import (
    atrous_conv2d,
    atrous_conv2d_transpose,
    convolution,
    pool,
)
from opscope.runtime.ops.blocks import depth_to_space, space_to_batch, space_to_depth
from opscope.runtime.ops.candidate_sampling import (
    all_candidate_sampler,
    compute_accidental_hits,
    fixed_unigram_candidate_sampler,
    learned_unigram_candidate_sampler,
    log_uniform_candidate_sampler,
    uniform_candidate_sampler,
)
from opscope.runtime.ops.cast import cast
from opscope.runtime.ops.ctc import ctc_loss
from opscope.runtime.ops.ctc_decoding import (
    ctc_beam_search_decoder,
    ctc_beam_search_decoder_v2,
    ctc_greedy_decoder,
)
from opscope.runtime.ops.ctc_labels import collapse_repeated, ctc_unique_labels
from opscope.runtime.ops.dilated import with_space_to_batch
from opscope.runtime.ops.embedding import (
    embedding_lookup,
)
from opscope.runtime.ops.fused_batch_norm import fused_batch_norm
from opscope.runtime.ops.image_layers import (
    conv1d,
    depthwise_conv2d,
    depthwise_conv2d_native,
    depthwise_conv2d_native_backprop_filter,
    depthwise_conv2d_native_backprop_input,
    separable_conv2d,
)
from opscope.runtime.ops.images import (
    conv2d,
    conv2d_backprop_filter,
    conv2d_backprop_input,
    conv3d,
    conv3d_backprop_filter_v2,
)
from opscope.runtime.ops.joining import concat
from opscope.runtime.ops.losses import (
    log_poisson_loss,
    sigmoid_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits_v2,
    sparse_softmax_cross_entropy_with_logits,
    weighted_cross_entropy_with_logits,
)
from opscope.runtime.ops.lrn import local_response_normalization
from opscope.runtime.ops.matmul import matmul
from opscope.runtime.ops.moments import (
    batch_norm_with_global_normalization,
    normalize_moments,
    sufficient_statistics,
    weighted_moments,
)
from opscope.runtime.ops.morphology import dilation2d, erosion2d
from opscope.runtime.ops.normalization import (
    batch_normalization,
    dropout,
    l2_normalize,
    moments,
)
from opscope.runtime.ops.pooling import (
    avg_pool,
    avg_pool1d,
    avg_pool3d,
    avg_pool_v2,
    max_pool,
    max_pool1d,
    max_pool2d,
    max_pool3d,
    max_pool_v2,
    max_pool_with_argmax,
)
from opscope.runtime.ops.reduction import reduce_sum
from opscope.runtime.ops.sampled_losses import (
    nce_loss,
    sampled_softmax_loss,
)
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.softmax import in_top_k, log_softmax, softmax, top_k
from opscope.runtime.ops.sparse_embedding import (
    embedding_lookup_sparse,
    safe_embedding_lookup_sparse,
)
from opscope.runtime.ops.sparsity import zero_fraction
from opscope.runtime.ops.transposed import (
    conv1d_transpose,
    conv2d_transpose,
    conv3d_transpose,
    conv_transpose,
)
from opscope.runtime.raw_rnn import raw_rnn
from opscope.runtime.rnn import bidirectional_dynamic_rnn, dynamic_rnn
from opscope.runtime.static_rnn import (
    static_bidirectional_rnn,
    static_rnn,
    static_state_saving_rnn,
)

__all__ = [
    "all_candidate_sampler",
    "atrous_conv2d",
    "atrous_conv2d_transpose",
    "avg_pool",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "avg_pool_v2",
    "batch_norm_with_global_normalization",
    "batch_normalization",
    "bias_add",
    "bidirectional_dynamic_rnn",
    "collapse_repeated",
    "compute_accidental_hits",
    "conv1d",
    "conv1d_transpose",
    "conv2d",
    "conv2d_backprop_filter",
    "conv2d_backprop_input",
    "conv2d_transpose",
    "conv3d",
    "conv3d_backprop_filter",
    "conv3d_backprop_filter_v2",
    "conv3d_transpose",
    "conv_transpose",
    "convolution",
    "crelu",
    "ctc_beam_search_decoder",
    "ctc_beam_search_decoder_v2",
    "ctc_greedy_decoder",
    "ctc_loss",
    "ctc_unique_labels",
    "depth_to_space",
    "depthwise_conv2d",
    "depthwise_conv2d_backprop_filter",
    "depthwise_conv2d_backprop_input",
    "depthwise_conv2d_native",
    "depthwise_conv2d_native_backprop_filter",
    "depthwise_conv2d_native_backprop_input",
    "dilation2d",
    "dropout",
    "dynamic_rnn",
    "elu",
    "embedding_lookup",
    "embedding_lookup_sparse",
    "erosion2d",
    "fixed_unigram_candidate_sampler",
    "fused_batch_norm",
    "in_top_k",
    "l2_loss",
    "l2_normalize",
    "leaky_relu",
    "learned_unigram_candidate_sampler",
    "local_response_normalization",
    "log_poisson_loss",
    "log_softmax",
    "log_uniform_candidate_sampler",
    "lrn",
    "max_pool",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "max_pool_v2",
    "max_pool_with_argmax",
    "moments",
    "nce_loss",
    "normalize_moments",
    "pool",
    "raw_rnn",
    "relu",
    "relu6",
    "relu_layer",
    "rnn_cell",
    "safe_embedding_lookup_sparse",
    "sampled_softmax_loss",
    "selu",
    "separable_conv2d",
    "sigmoid",
    "sigmoid_cross_entropy_with_logits",
    "silu",
    "softmax",
    "softmax_cross_entropy_with_logits",
    "softmax_cross_entropy_with_logits_v2",
    "softplus",
    "softsign",
    "space_to_batch",
    "space_to_depth",
    "sparse_softmax_cross_entropy_with_logits",
    "static_bidirectional_rnn",
    "static_rnn",
    "static_state_saving_rnn",
    "sufficient_statistics",
    "swish",
    "tanh",
    "top_k",
    "uniform_candidate_sampler",
    "weighted_cross_entropy_with_logits",
    "weighted_moments",
    "with_space_to_batch",
    "xw_plus_b",
    "zero_fraction",
]

lrn = local_response_normalization
avg_pool2d = avg_pool
conv3d_backprop_filter = conv3d_backprop_filter_v2
depthwise_conv2d_backprop_filter = depthwise_conv2d_native_backprop_filter
depthwise_conv2d_backprop_input = depthwise_conv2d_native_backprop_input


def relu(features: Any, name: str | None = None) -> Tensor:
    """max(x, 0)."""
    return make_tensor("Relu", features, name=name)


def relu6(features: Any, name: str | None = None) -> Tensor:
    """min(max(x, 0), 6)."""
    with op_scope(name, "Relu6", features) as scope:
        return make_tensor("Relu6", features, name=scope)


def elu(features: Any, name: str | None = None) -> Tensor:
    """exp(x) - 1 below 0, x above."""
    return make_tensor("Elu", features, name=name)


def selu(features: Any, name: str | None = None) -> Tensor:
    """Scaled elu."""
    return make_tensor("Selu", features, name=name)


def crelu(features: Any, name: str | None = None, axis: int = -1) -> Tensor:
    """The positive parts of x and of -x, one behind the other along `axis`."""
    with op_scope(name, "CRelu", features) as scope:
        x = convert_to_tensor(features, name="features")
        return relu(concat([x, -x], axis, name=scope))


def swish(features: Any, beta: Any = 1.0) -> Tensor:
    """X * sigmoid(beta * x), its gradient computed anew from x to save memory."""
    x = convert_to_tensor(features, name="features")
    slope = cast(convert_to_tensor(beta, name="beta"), x.dtype)

    @custom_gradient
    def swished(x: Tensor, slope: Tensor) -> tuple[Any, Any]:
        def gradient(grad: Tensor) -> tuple[Any, Any]:
            with x.graph.control_dependencies([grad]):
                gate: Any = sigmoid(slope * x)
            inner = gate * (1.0 + slope * x * (1.0 - gate))
            squares = grad * make_tensor("Square", x)
            of_slope = reduce_sum(squares * gate * (1.0 - gate))
            return grad * inner, of_slope

        return x * sigmoid(slope * x), gradient

    result: Tensor = swished(x, slope)
    return result


silu = swish


def leaky_relu(features: Any, alpha: float = 0.2, name: str | None = None) -> Tensor:
    """`x` above 0, `alpha * x` below."""
    with op_scope(name, "LeakyRelu", features) as scope:
        return make_tensor("LeakyRelu", features, alpha=alpha, name=scope)


def l2_loss(t: Any, name: str | None = None) -> Tensor:
    """Half the sum of the squares."""
    return make_tensor("L2Loss", t, name=name)


def xw_plus_b(x: Any, weights: Any, biases: Any, name: str | None = None) -> Tensor:
    """matmul(x, weights) + biases."""
    with op_scope(name, "xw_plus_b", x, weights, biases) as scope:
        return bias_add(matmul(x, weights), biases, name=scope)


def relu_layer(x: Any, weights: Any, biases: Any, name: str | None = None) -> Tensor:
    """relu(matmul(x, weights) + biases)."""
    with op_scope(name, "relu_layer", x, weights, biases) as scope:
        return relu(bias_add(matmul(x, weights), biases), name=scope)
