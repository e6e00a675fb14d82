"""tf.nn: the functions of neural networks."""

from __future__ import annotations

from typing import Any

from opscope.runtime import rnn_cell
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.math import sigmoid, softplus, tanh
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.activation import bias_add
from opscope.runtime.ops.basic import identity
from opscope.runtime.ops.fused_batch_norm import fused_batch_norm
from opscope.runtime.ops.gathering import gather
from opscope.runtime.ops.image_layers import (
    conv1d,
    conv2d_transpose,
    depthwise_conv2d,
    depthwise_conv2d_native,
    separable_conv2d,
)
from opscope.runtime.ops.images import (
    avg_pool,
    conv2d,
    conv2d_backprop_filter,
    conv2d_backprop_input,
    max_pool,
)
from opscope.runtime.ops.losses import (
    sigmoid_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits_v2,
    sparse_softmax_cross_entropy_with_logits,
)
from opscope.runtime.ops.lrn import local_response_normalization
from opscope.runtime.ops.matmul import matmul
from opscope.runtime.ops.normalization import (
    batch_normalization,
    dropout,
    l2_normalize,
    moments,
    zero_fraction,
)
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.softmax import in_top_k, log_softmax, softmax, top_k
from opscope.runtime.raw_rnn import raw_rnn
from opscope.runtime.rnn import bidirectional_dynamic_rnn, dynamic_rnn
from opscope.runtime.static_rnn import (
    static_bidirectional_rnn,
    static_rnn,
    static_state_saving_rnn,
)

__all__ = [
    "avg_pool",
    "batch_normalization",
    "bias_add",
    "bidirectional_dynamic_rnn",
    "conv1d",
    "conv2d",
    "conv2d_backprop_filter",
    "conv2d_backprop_input",
    "conv2d_transpose",
    "depthwise_conv2d",
    "depthwise_conv2d_native",
    "dropout",
    "dynamic_rnn",
    "elu",
    "embedding_lookup",
    "fused_batch_norm",
    "in_top_k",
    "l2_loss",
    "l2_normalize",
    "leaky_relu",
    "local_response_normalization",
    "log_softmax",
    "lrn",
    "max_pool",
    "moments",
    "raw_rnn",
    "relu",
    "relu6",
    "relu_layer",
    "rnn_cell",
    "selu",
    "separable_conv2d",
    "sigmoid",
    "sigmoid_cross_entropy_with_logits",
    "softmax",
    "softmax_cross_entropy_with_logits",
    "softmax_cross_entropy_with_logits_v2",
    "softplus",
    "softsign",
    "sparse_softmax_cross_entropy_with_logits",
    "static_bidirectional_rnn",
    "static_rnn",
    "static_state_saving_rnn",
    "tanh",
    "top_k",
    "xw_plus_b",
    "zero_fraction",
]

lrn = local_response_normalization


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


def softsign(features: Any, name: str | None = None) -> Tensor:
    """`x / (|x| + 1)`."""
    return make_tensor("Softsign", features, name=name)


def leaky_relu(features: Any, alpha: float = 0.2, name: str | None = None) -> Tensor:
    """`x` above 0, `alpha * x` below."""
    with op_scope(name, "LeakyRelu", features) as scope:
        return make_tensor("LeakyRelu", features, alpha=alpha, name=scope)


def l2_loss(t: Any, name: str | None = None) -> Tensor:
    """Half the sum of the squares."""
    return make_tensor("L2Loss", t, name=name)


def embedding_lookup(params: Any, ids: Any, name: str | None = None) -> Tensor:
    """The rows of `params` that `ids` name."""
    with op_scope(name, "embedding_lookup", params, ids) as scope:
        table = convert_to_tensor(params, name="params")
        with table.graph.colocate_with(table.op):
            rows = gather(table, ids, name=scope)
        return identity(rows)


def xw_plus_b(x: Any, weights: Any, biases: Any, name: str | None = None) -> Tensor:
    """matmul(x, weights) + biases."""
    with op_scope(name, "xw_plus_b", x, weights, biases) as scope:
        return bias_add(matmul(x, weights), biases, name=scope)


def relu_layer(x: Any, weights: Any, biases: Any, name: str | None = None) -> Tensor:
    """relu(matmul(x, weights) + biases)."""
    with op_scope(name, "relu_layer", x, weights, biases) as scope:
        return relu(bias_add(matmul(x, weights), biases), name=scope)
