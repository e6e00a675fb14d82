"""Which output `op:name:k` means, as a function's body writes its inputs: by name.

A FunctionDef does not say in which order an op has its outputs. Of ops with several names the
order stands here; source: the REGISTER_OP calls in tensorflow/core/ops/*.cc.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

_ORDERS = {
    "output_false output_true": "Switch RefSwitch",
    "output value_index": "Merge RefMerge",
    "y batch_mean batch_variance reserve_space_1 reserve_space_2 reserve_space_3": (
        "FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 _FusedBatchNormEx"
    ),
    "x_backprop scale_backprop offset_backprop reserve_space_3 reserve_space_4": (
        "FusedBatchNormGrad FusedBatchNormGradV2"
    ),
    "x_backprop scale_backprop offset_backprop reserve_space_4 reserve_space_5": (
        "FusedBatchNormGradV3 _FusedBatchNormGradEx"
    ),
    "loss backprop": "SoftmaxCrossEntropyWithLogits SparseSoftmaxCrossEntropyWithLogits",
    "loss gradient": "CTCLoss CTCLossV2",
    "values indices": "TopK TopKV2 ApproxTopK",
    "y idx count": "Unique UniqueV2 UniqueWithCounts UniqueWithCountsV2",
    "out idx": "ListDiff",
    "r0 r1": "BroadcastGradientArgs",
    "output argmax": "MaxPoolWithArgmax",
    "output row_pooling_sequence col_pooling_sequence": "FractionalMaxPool FractionalAvgPool",
    "q r": "Qr",
    "s u v": "Svd BatchSvd",
    "e v": "SelfAdjointEigV2 BatchSelfAdjointEigV2 Eig",
    "lu p": "Lu",
    "sign log_abs_determinant": "LogMatrixDeterminant",
    "key counter alg": "StatelessRandomGetKeyCounterAlg",
    "key counter": "StatelessRandomGetKeyCounter",
    "handle flow": "TensorArrayV3",
    "grad_handle flow_out": "TensorArrayGradV3 TensorArrayGradWithShape",
    "value lengths": "TensorArrayConcat TensorArrayConcatV2 TensorArrayConcatV3",
    "output_handle tensor": "TensorListPopBack",
    "tensor lengths": "TensorListConcat TensorListConcatV2",
    "handle deleter": (
        "AnonymousIteratorV2 AnonymousMultiDeviceIterator AnonymousMemoryCache "
        "AnonymousRandomSeedGenerator AnonymousSeedGenerator"
    ),
    "i cs f o ci co h": "LSTMBlockCell BlockLSTM BlockLSTMV2",
    "x_grad cs_prev_grad h_prev_grad w_grad wci_grad wcf_grad wco_grad b_grad": (
        "BlockLSTMGrad BlockLSTMGradV2"
    ),
    "cs_prev_grad dicfo wci_grad wcf_grad wco_grad": "LSTMBlockCellGrad",
    "r u c h": "GRUBlockCell",
    "d_x d_h_prev d_c_bar d_r_bar_u_bar": "GRUBlockCellGrad",
    "output output_h output_c reserve_space host_reserved": "CudnnRNN CudnnRNNV2 CudnnRNNV3",
    "input_backprop input_h_backprop input_c_backprop params_backprop": (
        "CudnnRNNBackprop CudnnRNNBackpropV2 CudnnRNNBackpropV3"
    ),
    "sampled_candidates true_expected_count sampled_expected_count": (
        "AllCandidateSampler FixedUnigramCandidateSampler LearnedUnigramCandidateSampler "
        "LogUniformCandidateSampler ThreadUnsafeUnigramCandidateSampler UniformCandidateSampler"
    ),
    "indices ids weights": "ComputeAccidentalHits",
    "selected_indices valid_outputs": "NonMaxSuppressionV4",
    "selected_indices selected_scores valid_outputs": "NonMaxSuppressionV5",
    "nmsed_boxes nmsed_scores nmsed_classes valid_detections": "CombinedNonMaxSuppression",
    "begin size bboxes": (
        "SampleDistortedBoundingBox SampleDistortedBoundingBoxV2 "
        "StatelessSampleDistortedBoundingBox"
    ),
    "keys values": "LookupTableExport LookupTableExportV2 ReaderReadUpTo ReaderReadUpToV2",
    "key value": "ReaderRead ReaderReadV2",
    "indices values shape": "StringSplit StringSplitV2 SparseAccumulatorTakeGradient",
    "output_indices output_values output_shape": (
        "SparseConcat SparseCross SparseCrossV2 SparseCrossHashed SparseSlice "
        "SparseReduceSumSparse SparseReduceMaxSparse"
    ),
    "output_indices output_shape": "SparseReshape",
    "output_indices output_values": "SparseReorder SparseSparseMaximum SparseSparseMinimum",
    "output_indices output_values empty_row_indicator reverse_index_map": "SparseFillEmptyRows",
    "sum_indices sum_values sum_shape": "SparseAdd",
    "sparse_indices sparse_values sparse_shape": (
        "DeserializeSparse DeserializeManySparse TakeManySparseFromTensorsMap"
    ),
    "rt_nested_splits rt_dense_values": "RaggedRange",
    "output sorted_unique_indices": (
        "SparseSegmentSumGradV2 SparseSegmentMeanGradV2 SparseSegmentSqrtNGradV2"
    ),
    "audio sample_rate": "DecodeWav",
    "output output_min output_max": "QuantizeV2 Requantize QuantizedReshape QuantizedConcatV2",
    "output min_output max_output": "QuantizedConv2D QuantizedMaxPool QuantizedAvgPool",
    "out min_out max_out": "QuantizedMatMul",
    "backprops_wrt_input backprop_wrt_min backprop_wrt_max": (
        "FakeQuantWithMinMaxVarsGradient FakeQuantWithMinMaxVarsPerChannelGradient"
    ),
}
_OUTPUTS = {op: names.split() for names, ops in _ORDERS.items() for op in ops.split()}


class NamedOutput(NamedTuple):
    """Output number `k` of those that op `node` calls `name`."""

    node: int
    name: str
    k: int


def slots_of(
    named: Sequence[NamedOutput], ops: Sequence[str], results: Mapping[str, Sequence[str]]
) -> list[int]:
    """The slot of each output.

    `ops[i]` is the op of `named[i].node`, `results` has the names of what functions give. Names of
    an op that is not known follow each other as they are used, so that no two share a slot.
    """
    lengths: dict[int, dict[str, int]] = {}
    for node, name, k in named:
        known = lengths.setdefault(node, {})
        known[name] = max(known.get(name, 0), k + 1)
    slots = []
    for (node, name, k), op in zip(named, ops, strict=True):
        order = list(results.get(op, _OUTPUTS.get(op, ())))
        if name in order:
            slots.append(order.index(name) + k)
            continue
        before = 0
        for other, length in lengths[node].items():
            if other == name:
                break
            before += length
        slots.append(before + k)
    return slots
