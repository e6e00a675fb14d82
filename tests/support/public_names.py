"""The public names of `tensorflow.compat.v1`, and those that are not in `opscope.runtime`.

`tests/data/runtime/tensorflow_names.txt` has a line for each module, "module name name ...", its
submodules with a slash behind; `tests/interop/test_names_interop.py` compares it with TensorFlow.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

PATH = Path(__file__).parents[1] / "data" / "runtime" / "tensorflow_names.txt"

# Modules that are not here at all, and names of modules that are, by the reason why.
ABSENT: dict[str, str] = {
    "layers, estimators, Keras: to come as modules of their own": """
        feature_column/ keras/ layers/ Module train.VocabInfo train.warm_start
        train.Checkpoint train.CheckpointManager train.CheckpointOptions saved_model.Asset
        saved_model.SaveOptions saved_model.load_v2 saved_model.save audio/
    """,
    "eager execution and functions traced from Python, of TensorFlow 2": """
        GradientTape autograph/ config/ function nondifferentiable_batch_function
        py_function vectorized_map wrap_function CriticalSection experimental/
        data.NumpyIterator debugging.disable_check_numerics debugging.enable_check_numerics
        debugging.experimental/
        debugging.disable_traceback_filtering debugging.enable_traceback_filtering
        debugging.is_traceback_filtering_enabled debugging.get_log_device_placement
        debugging.set_log_device_placement summary.all_v2_summary_ops summary.initialize
        test.with_eager_op_as_function test.disable_with_predicate test.experimental/
        random.Algorithm random.Generator random.create_rng_state random.experimental/
        random.get_global_generator random.set_global_generator
    """,
    "more than one process or device strategy": """
        distribute/ tpu/ nn.compute_average_loss nn.scale_regularization_loss
        train.experimental/ test.is_cpu_target_available
    """,
    "distributions, which TensorFlow Probability has": "distributions/",
    "ragged tensors": """
        RaggedTensor RaggedTensorSpec ragged/ ragged_fill_empty_rows ragged_fill_empty_rows_grad
        io.RaggedFeature strings.bytes_split strings.ngrams strings.unicode_decode
        strings.unicode_decode_with_offsets strings.unicode_encode strings.unicode_script
        strings.unicode_split strings.unicode_split_with_offsets
    """,
    "quantized tensors": """
        QUANTIZED_DTYPES dequantize qint8 qint16 qint32 quint8 quint16 quantize quantize_v2
        quantized_concat dtypes.QUANTIZED_DTYPES dtypes.qint8 dtypes.qint16 dtypes.qint32
        dtypes.quint8 dtypes.quint16 nn.quantized_avg_pool nn.quantized_conv2d
        nn.quantized_max_pool nn.quantized_relu_x quantization.dequantize quantization.quantize
        quantization.quantize_and_dequantize quantization.quantize_and_dequantize_v2
        quantization.quantized_concat quantization.experimental/
        train.do_quantize_training_on_graphdef
    """,
    "linear operators and rarer functions of matrices": """
        linalg.LinearOperator linalg.LinearOperatorAdjoint linalg.LinearOperatorBlockDiag
        linalg.LinearOperatorBlockLowerTriangular linalg.LinearOperatorCirculant
        linalg.LinearOperatorCirculant2D linalg.LinearOperatorCirculant3D
        linalg.LinearOperatorComposition linalg.LinearOperatorDiag linalg.LinearOperatorFullMatrix
        linalg.LinearOperatorHouseholder linalg.LinearOperatorIdentity
        linalg.LinearOperatorInversion linalg.LinearOperatorKronecker
        linalg.LinearOperatorLowRankUpdate linalg.LinearOperatorLowerTriangular
        linalg.LinearOperatorPermutation linalg.LinearOperatorScaledIdentity
        linalg.LinearOperatorToeplitz linalg.LinearOperatorTridiag linalg.LinearOperatorZeros
        linalg.eigh_tridiagonal linalg.experimental/ sparse_matmul
    """,
    "frames, windows and cosine transforms of signals": """
        fftnd ifftnd irfftnd rfftnd signal.fftnd signal.ifftnd signal.irfftnd signal.rfftnd
        signal.dct signal.frame signal.hamming_window signal.hann_window signal.idct
        signal.inverse_mdct signal.inverse_stft signal.inverse_stft_window_fn
        signal.kaiser_bessel_derived_window signal.kaiser_window
        signal.linear_to_mel_weight_matrix signal.mdct signal.mfccs_from_log_mel_spectrograms
        signal.overlap_and_add signal.stft signal.vorbis_window spectral.dct spectral.idct
        summary.audio
    """,
    "random numbers that follow from a seed in the call": """
        random.fold_in random.split random.stateless_binomial random.stateless_categorical
        random.stateless_gamma random.stateless_multinomial
        random.stateless_parameterized_truncated_normal random.stateless_poisson
        random_index_shuffle math.sobol_sample
    """,
    "ops that came after TensorFlow 1, or that few programs use": """
        approx_top_k check_pinned conv conv2d_backprop_filter_v2 conv2d_backprop_input_v2
        extract_volume_patches image.decode_jxl image.decode_webp
        image.generate_bounding_box_proposals image.non_max_suppression_padded io.decode_jxl
        io.decode_proto io.decode_webp io.encode_proto math.approx_max_k math.approx_min_k
        nn.approx_max_k nn.approx_min_k nn.ctc_loss_v2 nn.fractional_avg_pool
        nn.fractional_max_pool nn.experimental/ sparse.bincount sparse.cross sparse.cross_hashed
        sparse.expand_dims SparseConditionalAccumulator sparse.SparseConditionalAccumulator
        get_session_handle get_session_tensor delete_session_tensor train.sdca_fprint
        train.sdca_optimizer train.sdca_shrink_l1
        saved_model.experimental/ saved_model.signature_def_utils.MethodNameUpdater
        summary.SummaryDescription summary.get_summary_description test.benchmark_config LMDBReader
    """,
    "parts of tf.data.experimental": """
        data.experimental.AutoShardPolicy data.experimental.AutotuneAlgorithm
        data.experimental.CsvDataset data.experimental.DatasetInitializer
        data.experimental.DatasetStructure data.experimental.ExternalStatePolicy
        data.experimental.Optional data.experimental.OptionalStructure
        data.experimental.RaggedTensorStructure data.experimental.SHARD_HINT
        data.experimental.ServiceOptions data.experimental.SparseTensorStructure
        data.experimental.SqlDataset data.experimental.Structure data.experimental.TFRecordWriter
        data.experimental.TensorArrayStructure data.experimental.TensorStructure
        data.experimental.assert_cardinality data.experimental.dense_to_ragged_batch
        data.experimental.dense_to_sparse_batch data.experimental.distributed_save
        data.experimental.enable_debug_mode data.experimental.from_list
        data.experimental.from_variant data.experimental.get_model_proto
        data.experimental.get_next_as_optional data.experimental.get_structure
        data.experimental.index_table_from_dataset data.experimental.make_batched_features_dataset
        data.experimental.make_csv_dataset data.experimental.make_saveable_from_iterator
        data.experimental.map_and_batch_with_legacy_function data.experimental.pad_to_cardinality
        data.experimental.parse_example_dataset data.experimental.rejection_resample
        data.experimental.snapshot data.experimental.table_from_dataset
        data.experimental.to_variant data.experimental.service/
    """,
    "descriptions of values other than tensors and sparse tensors": """
        IndexedSlicesSpec NoneTensorSpec OptionalSpec TensorArraySpec data.DatasetSpec types/
    """,
    "parts of TensorFlow's build, of its C++ libraries and compilers": """
        load_file_system_library load_library load_op_library resource_loader/ sysconfig/
        user_ops/ dtypes.experimental/ compat.v2/ compat.forward_compatibility_horizon
        compat.forward_compatible mlir/ xla/ lite/ profiler/
        mixed_precision/ raw_ops/
    """,
}


def absent_names() -> dict[str, str]:
    """Each name that is not here, with the reason."""
    return {name: reason for reason, names in ABSENT.items() for name in names.split()}


def read_names() -> dict[str, list[str]]:
    """The names of each module of TensorFlow; "" is the top."""
    rows = (line.split() for line in PATH.read_text().splitlines())
    return {module.removeprefix("tf").removeprefix("."): names for module, *names in rows}


def names_of(top: Any) -> dict[str, list[str]]:
    """The same of TensorFlow itself, the modules that are not here left out."""
    found: dict[str, list[str]] = {}
    absent = absent_names()
    seen: set[int] = {id(top)}

    def walk(module: Any, path: str) -> None:
        names = []
        for name in sorted(n for n in dir(module) if not n.startswith("_")):
            place = f"{path}.{name}" if path else name
            value = getattr(module, name, None)
            if not _is_module(value):
                names.append(name)
                continue
            names.append(name + "/")
            if place + "/" not in absent and _is_interface(value) and id(value) not in seen:
                seen.add(id(value))
                walk(value, place)
        found[path] = names

    walk(top, "")
    return found


def _is_module(value: Any) -> bool:
    return isinstance(value, ModuleType) or type(value).__name__ == "KerasLazyLoader"


def _is_interface(module: Any) -> bool:
    """True for a module of TensorFlow's interface, not one of Python's that it shows."""
    name = module.__name__
    return "tensorflow._api" in name and not name.endswith(("compat.v1.compat.v1", "compat.v2"))


def is_here(top: Any, place: str) -> bool:
    """True when a dotted name stands for something."""
    value = top
    *modules, last = place.rstrip("/").split(".")
    for part in modules:
        value = getattr(value, part, None)
    return hasattr(value, last)


def places() -> list[str]:
    """The dotted names of all that TensorFlow has."""
    return [
        f"{module}.{name}" if module else name
        for module, names in read_names().items()
        for name in names
    ]
