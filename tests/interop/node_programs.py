"""Programs of which TensorFlow and opscope make the same nodes, one for each function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

PROGRAMS: dict[str, Callable[[Any], Any]] = {}


def program(build: Callable[[Any], Any]) -> Callable[[Any], Any]:
    PROGRAMS[build.__name__] = build
    return build


def known(tf: Any, *shape: int, dtype: Any = "float32") -> Any:
    return tf.placeholder(dtype, shape)


def partly(tf: Any, *shape: Any, dtype: Any = "float32") -> Any:
    return tf.placeholder(dtype, shape)


def unknown(tf: Any, dtype: Any = "float32") -> Any:
    return tf.placeholder(dtype)


@program
def compared_values(tf: Any) -> None:
    x, y = known(tf, 2, 3), partly(tf, None, 3)
    for name in ("equal", "none_equal", "less", "less_equal", "greater", "greater_equal"):
        check = getattr(tf, f"assert_{name}")
        check(x, y)
        check(x, 3.0, message="it is so")
        check(known(tf, 2, dtype="int32"), 1, data=["a", x], summarize=5, name="mine")
    tf.assert_equal(x, x)
    tf.assert_less([1, 2], [2, 3])


@program
def signs_of_values(tf: Any) -> None:
    x = partly(tf, None, 3)
    for name in ("negative", "positive", "non_negative", "non_positive"):
        check = getattr(tf, f"assert_{name}")
        check(x)
        check(x, message="it is so", name="mine")
        check(known(tf, 2, dtype="int64"))


@program
def near_values(tf: Any) -> None:
    x = partly(tf, None, 3)
    tf.assert_near(x, 2.0 * x, 0.1, 0.2)
    tf.assert_near(x, known(tf, 3), message="so", rtol=1e-3, atol=0.5)
    tf.debugging.assert_all_finite(x, "not finite")
    tf.verify_tensor_all_finite(x, "not finite")


@program
def ranks(tf: Any) -> None:
    for x in (known(tf, 2, 3), unknown(tf)):
        tf.assert_rank(x, 2)
        tf.assert_rank_at_least(x, 1, message="so")
        tf.assert_rank_in(x, (1, 2), name="mine")
    tf.assert_rank(unknown(tf), known(tf, dtype="int32"))
    tf.assert_rank_in(unknown(tf), [known(tf, dtype="int32"), 3])
    tf.assert_integer(known(tf, 2, dtype="int32"))
    tf.assert_type(known(tf, 2), tf.float32)
    tf.assert_scalar(known(tf))
    tf.assert_scalar(3)


@program
def symbolic_shapes(tf: Any) -> None:
    x, y = partly(tf, None, 3), partly(tf, 4, None, 3)
    tf.debugging.assert_shapes({x: ("N", 3), y: (4, "N", 3)})
    tf.debugging.assert_shapes([(x, ("*", "Q")), (y, (..., "Q")), (known(tf, 3), ("Q",))])


@program
def monotony(tf: Any) -> None:
    tf.is_non_decreasing(known(tf, 4))
    tf.is_strictly_increasing(unknown(tf))


@program
def blocks(tf: Any) -> None:
    images = partly(tf, None, 4, 4, 4)
    tf.depth_to_space(images, 2)
    tf.space_to_depth(images, 2, name="mine", data_format="NCHW")
    tf.space_to_batch(images, [[0, 0], [0, 2]], 2)
    tf.batch_to_space(known(tf, 4, 2, 2, 1), [[0, 0], [0, 1]], 2)
    tf.space_to_batch_nd(images, [2, 2], [[0, 0], [0, 2]])
    tf.batch_to_space_nd(known(tf, 4, 2, 2, 1), [2, 2], [[0, 0], [0, 1]])
    tf.required_space_to_batch_paddings([5, 3], [2, 2])
    tf.required_space_to_batch_paddings(known(tf, 2, dtype="int32"), [2, 2])
    tf.required_space_to_batch_paddings(known(tf, 1, dtype="int32"), [2], [[1, 0]])


@program
def scattered(tf: Any) -> None:
    x = known(tf, 4, 2)
    for name in ("update", "add", "sub", "max", "min"):
        getattr(tf, f"tensor_scatter_nd_{name}")(x, [[1], [0]], [[1.0, 2.0], [3.0, 4.0]])
    tf.tensor_scatter_update(x, [[1]], [[1.0, 2.0]], name="mine")


@program
def moved(tf: Any) -> None:
    x = known(tf, 3, 4)
    tf.roll(x, 1, 0)
    tf.manip.roll(x, [1, 2], [0, 1])
    tf.unravel_index([1, 5], [3, 4])
    tf.diag([1.0, 2.0])
    tf.diag_part(known(tf, 2, 2))
    tf.linalg.tensor_diag([1.0, 2.0])
    tf.bitcast(x, tf.int32)
    tf.reverse_v2(x, [0])


@program
def handed_on(tf: Any) -> None:
    x = partly(tf, None, 4)
    tf.identity_n([x, known(tf, 2, dtype="int32")])
    tf.ensure_shape(x, [3, 4])
    tf.guarantee_const(x)
    tf.parallel_stack([known(tf, 2), known(tf, 2)])
    tf.timestamp()


@program
def bits(tf: Any) -> None:
    x = known(tf, 4, dtype="int32")
    for name in ("bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift"):
        getattr(tf.bitwise, name)(x, 3)
    tf.bitwise.invert(x)


@program
def sorted_values(tf: Any) -> None:
    for kind in ("float32", "int32", "uint8"):
        if kind != "uint8":
            tf.sort(known(tf, 3, 4, dtype=kind))
            tf.argsort(known(tf, 3, 4, dtype=kind), axis=0, direction="DESCENDING")
    tf.sort(known(tf, 3, 4, 2), axis=0, name="mine")
    tf.argsort(unknown(tf), axis=-1)
    tf.sort(unknown(tf), axis=-2)
    tf.searchsorted(known(tf, 2, 5), partly(tf, 2, None))
    tf.searchsorted([1.0, 2.0], [1.5], side="right", out_type=tf.int64)


@program
def counted(tf: Any) -> None:
    tf.bincount(known(tf, 5, dtype="int32"))
    tf.bincount(known(tf, 2, 5, dtype="int32"), minlength=3, maxlength=9, dtype=tf.float32)
    tf.bincount(known(tf, 5, dtype="int32"), weights=known(tf, 5))
    tf.histogram_fixed_width(known(tf, 5), [0.0, 1.0], nbins=5)
    tf.histogram_fixed_width_bins(known(tf, 5), [0.0, 1.0], nbins=5)
    tf.count_nonzero(known(tf, 2, 3))
    tf.count_nonzero(known(tf, 2, 3, dtype="bool"), axis=1, keepdims=True, dtype=tf.int32)
    tf.count_nonzero(known(tf, 2, dtype="string"))


@program
def confusions(tf: Any) -> None:
    tf.confusion_matrix([0, 1, 2], [0, 2, 2])
    tf.confusion_matrix(known(tf, 4, dtype="int64"), known(tf, 4, 1, dtype="int64"), 3)
    tf.confusion_matrix(known(tf, 4, dtype="int32"), known(tf, 4, dtype="int32"), 3, tf.float32,
                        weights=known(tf, 4))  # fmt: skip
    tf.math.confusion_matrix(unknown(tf, "int32"), known(tf, 4, dtype="int32"), name="mine")


@program
def contracted(tf: Any) -> None:
    a, b = known(tf, 2, 3, 4), known(tf, 4, 3, 5)
    tf.tensordot(a, b, 1)
    tf.tensordot(a, b, [[1, 2], [1, 0]])
    tf.tensordot(a, known(tf, 4, 2), [[2], [0]], name="mine")
    tf.tensordot(known(tf, 3), known(tf, 3), 1)
    tf.tensordot(partly(tf, None, 3, 4), b, [[2, 1], [0, 1]])
    tf.tensordot(unknown(tf), unknown(tf), 1)
    tf.tensordot(a, b, known(tf, 2, 1, dtype="int32"))
    tf.cross(known(tf, 2, 3), known(tf, 2, 3))
    tf.linalg.matvec(known(tf, 2, 3), known(tf, 3))
    tf.linalg.matvec(partly(tf, None, 3, 2), partly(tf, None, 3), transpose_a=True)


@program
def grids(tf: Any) -> None:
    tf.meshgrid([1, 2, 3], [4.0, 5.0] and [4, 5])
    tf.meshgrid(known(tf, 3), partly(tf, None), known(tf, 2), indexing="ij")
    tf.meshgrid(known(tf, 3))


@program
def repeated(tf: Any) -> None:
    tf.repeat([3, 4], 2)
    tf.repeat(known(tf, 2, 3), 4, axis=1)
    tf.repeat(known(tf, 2, 3), [1, 2], axis=0)
    tf.repeat(partly(tf, None, 3), [1, 2, 0], axis=0, name="mine")
    tf.repeat(known(tf, 2, 3), [1, 2, 0], axis=-1)
    tf.batch_gather(known(tf, 2, 5, 3), known(tf, 2, 2, dtype="int32"))
    tf.batch_gather(partly(tf, None, 5), partly(tf, None, 2, dtype="int64"))


@program
def sampled(tf: Any) -> None:
    tf.set_random_seed(3)
    tf.multinomial(known(tf, 2, 3), 5)
    tf.random.categorical(known(tf, 2, 3), 5, dtype=tf.int32, seed=4)
    tf.random_gamma([2], [1.0, 2.0])
    tf.random.gamma([2], 1.5, beta=2.0, dtype=tf.float64)
    tf.random_poisson([1.0, 2.0], [3])
    tf.random_crop(partly(tf, None, 8, 3), [4, 4, 3])


@program
def special_functions(tf: Any) -> None:
    x, y = known(tf, 2, 3), known(tf, 3)
    for name in ("lgamma", "digamma", "lbeta", "erf", "erfc", "log_sigmoid", "angle"):
        getattr(tf, name)(x)
        getattr(tf.math, name)(x, name="mine")
    for name in ("igamma", "igammac", "zeta", "polygamma"):
        getattr(tf, name)(x, y)
    tf.betainc(x, x, x)
    for name in ("erfinv", "erfcinv", "ndtri", "bessel_i0", "bessel_i0e", "bessel_i1"):
        getattr(tf.math, name)(x)
    for name in ("dawsn", "expint", "spence", "fresnel_cos", "fresnel_sin", "bessel_k0e"):
        getattr(tf.math.special, name)(x, name="mine")
    tf.angle(known(tf, 2, dtype="complex64"))


@program
def guarded_arithmetic(tf: Any) -> None:
    x, y = known(tf, 2, 3), known(tf, 3)
    for name in ("multiply_no_nan", "xdivy", "xlog1py", "nextafter"):
        getattr(tf.math, name)(x, y)
    tf.math.reciprocal_no_nan(x)
    for name in ("truncatemod", "floor_div", "realdiv"):
        getattr(tf, name)(x, y)
    tf.truncatediv(known(tf, 2, dtype="int32"), 3)
    tf.math.polyval([1.0, 2.0, x], y)
    tf.math.polyval([], x)
    tf.saturate_cast(x, tf.uint8)
    tf.saturate_cast(known(tf, 2, dtype="int32"), tf.int8, name="mine")
    tf.saturate_cast(x, tf.float64)
    tf.to_bfloat16(x)
    tf.to_complex64(x)
    tf.arg_max(x, 0)
    tf.arg_min(x, 1, output_type=tf.int32)


@program
def accumulated(tf: Any) -> None:
    x = known(tf, 2, 3)
    tf.math.reduce_euclidean_norm(x)
    tf.math.reduce_euclidean_norm(x, 1, keepdims=True)
    tf.math.cumulative_logsumexp(x, axis=1, exclusive=True, reverse=True)
    tf.unsorted_segment_mean(x, [0, 1], 2)
    tf.unsorted_segment_sqrt_n(partly(tf, None, 3), known(tf, 4, dtype="int32"), 3)


@program
def gradients_of_gathers(tf: Any) -> None:
    x = known(tf, 2, 3, 4)
    ids = known(tf, 2, 2, dtype="int32")
    tf.gradients(tf.gather(x, ids, axis=1, batch_dims=1), x)
    tf.gradients(tf.gather(x, [0, 1], axis=2), x)
    tf.gradients(tf.gather(partly(tf, None, 3), [0, 1], axis=1), x)
    tf.gradients(tf.gather(x, [0, 1], axis=known(tf, dtype="int32")), x)


@program
def gradients_of_segments(tf: Any) -> None:
    x, ids = known(tf, 4, 3), known(tf, 4, dtype="int32")
    for name in ("segment_sum", "segment_prod", "segment_max", "segment_min"):
        tf.gradients(getattr(tf, name)(x, ids), x)
    for name in ("sum", "prod", "max", "min"):
        tf.gradients(getattr(tf, f"unsorted_segment_{name}")(x, ids, 3), x)


@program
def gradients_of_special_functions(tf: Any) -> None:
    x, y = known(tf, 2, 3), known(tf, 3)
    for name in ("lgamma", "digamma"):
        tf.gradients(getattr(tf, name)(x), x)
    for name in ("igamma", "igammac", "zeta", "polygamma"):
        tf.gradients(getattr(tf, name)(x, y), [x, y])
    tf.gradients(tf.betainc(x, x, x), x)
    for name in ("multiply_no_nan", "xdivy", "xlog1py", "nextafter"):
        tf.gradients(getattr(tf.math, name)(x, y), [x, y])
    tf.gradients(tf.math.reduce_euclidean_norm(x, 1), x)
    tf.gradients(tf.saturate_cast(x, tf.float16), x)
    tf.gradients(tf.math.cumulative_logsumexp(x), x)


@program
def gradients_of_arrays(tf: Any) -> None:
    x = known(tf, 4, 2)
    for name in ("update", "add", "sub", "max", "min"):
        changed = getattr(tf, f"tensor_scatter_nd_{name}")(x, [[1], [0]], [[1.0, 2.0], [3.0, 4.0]])
        tf.gradients(changed, x)
    tf.gradients(tf.roll(x, 1, 0), x)
    tf.gradients(tf.diag_part(tf.diag(known(tf, 2))), x)
    tf.gradients(tf.cross(known(tf, 3), known(tf, 3)), x)
    tf.gradients(tf.ensure_shape(x, [4, None]), x)
    tf.gradients(tf.identity_n([x, x]), x)
    tf.gradients(tf.space_to_batch_nd(known(tf, 1, 4, 4, 1), [2, 2], [[0, 0], [0, 0]]), x)


def sparse(tf: Any, dtype: Any = "float32", shape: Any = (3, 4)) -> Any:
    rows = [[0, 1], [1, 0], [2, 2]]
    return tf.SparseTensor(rows, tf.placeholder(dtype, [3]), list(shape))


@program
def sparse_sums(tf: Any) -> None:
    a, b = sparse(tf), sparse(tf)
    tf.sparse_add(a, b)
    tf.sparse.add(a, b, threshold=0.5)
    tf.sparse_add(a, known(tf, 3, 4))
    tf.sparse_add(known(tf, 3, 4), tf.sparse_placeholder(tf.float32))
    tf.sparse_add(tf.sparse_placeholder(tf.float32, [3, None], "partly"), a)
    tf.sparse_maximum(a, b)
    tf.sparse.minimum(a, b, name="mine")
    for name in ("sum", "max"):
        getattr(tf, f"sparse_reduce_{name}")(a)
        getattr(tf.sparse, f"reduce_{name}")(a, axis=1, keepdims=True)
        getattr(tf, f"sparse_reduce_{name}_sparse")(a, [0])
    tf.sparse_softmax(a)


@program
def sparse_forms(tf: Any) -> None:
    a, b = sparse(tf), tf.sparse_placeholder(tf.float32, name="fed")
    tf.sparse_reorder(a)
    tf.sparse_reorder(b, name="mine")
    tf.sparse_reshape(a, [2, -1])
    tf.sparse_reshape(b, [2, -1])
    tf.sparse_slice(a, [0, 1], [2, 2])
    tf.sparse_split(sp_input=a, num_split=2, axis=1)
    tf.sparse_concat(1, [a, sparse(tf)])
    tf.sparse_concat(0, [a, b], expand_nonconcat_dim=True)
    tf.sparse_retain(a, [True, False, True])
    tf.sparse_reset_shape(a)
    tf.sparse_reset_shape(a, [4, 5])
    tf.sparse_reset_shape(b, [4, 5])
    tf.sparse_fill_empty_rows(a, 1.0)
    tf.sparse_transpose(a)
    tf.sparse_transpose(b, [1, 0])
    tf.sparse.eye(3)
    tf.sparse.from_dense(known(tf, 2, 3))


@program
def sparse_features(tf: Any) -> None:
    ids = sparse(tf, "int32")
    tf.sparse_merge(ids, sparse(tf), 10)
    tf.sparse_merge([ids, sparse(tf, "int64")], sparse(tf), [10, 20], already_sorted=True)
    tf.sparse_to_indicator(sparse(tf, "int64"), 10)
    slices = tf.IndexedSlices(known(tf, 3, 2), known(tf, 3, dtype="int32"))
    tf.sparse_mask(slices, [1])
    for name in ("sum", "mean", "sqrt_n"):
        getattr(tf, f"sparse_segment_{name}")(known(tf, 4, 2), [0, 1], [0, 0])
        getattr(tf.sparse, f"segment_{name}")(known(tf, 4, 2), [0, 1], [0, 0], num_segments=3)


@program
def gradients_of_sparse_tensors(tf: Any) -> None:
    values = known(tf, 3)
    a = tf.SparseTensor([[0, 1], [1, 0], [2, 2]], values, [3, 4])
    whole = known(tf, 3, 4)
    tf.gradients(tf.sparse_add(a, a).values, values)
    tf.gradients(tf.sparse_add(a, whole), [values, whole])
    tf.gradients(tf.sparse_reduce_sum(a, 1), values)
    tf.gradients(tf.sparse_softmax(a).values, values)
    tf.gradients(tf.sparse_slice(a, [0, 0], [2, 2]).values, values)
    tf.gradients(tf.sparse_fill_empty_rows(a, 1.0)[0].values, values)
    tf.gradients(tf.sparse_reorder(a).values, values)
    for name in ("sum", "mean", "sqrt_n"):
        tf.gradients(getattr(tf, f"sparse_segment_{name}")(whole, [0, 1], [0, 0]), whole)


@program
def sets(tf: Any) -> None:
    a, b = known(tf, 2, 3, dtype="int64"), known(tf, 2, 4, dtype="int64")
    some = sparse(tf, "int64", (2, 4))
    tf.sets.set_intersection(a, b)
    tf.sets.union(a, some)
    tf.sets.set_difference(some, a, validate_indices=False)
    tf.sets.difference(some, some, aminusb=False)
    tf.sets.set_size(some)


@program
def factors(tf: Any) -> None:
    a = known(tf, 2, 3, 3)
    tf.cholesky(a)
    tf.cholesky_solve(a, known(tf, 2, 3, 1))
    tf.matrix_triangular_solve(a, known(tf, 2, 3, 1), lower=False, name="mine")
    tf.matrix_solve_ls(known(tf, 4, 2), known(tf, 4, 1))
    tf.matrix_solve_ls(known(tf, 2, 4), known(tf, 2, 1), 0.5, name="mine")
    tf.matrix_solve_ls(known(tf, 4, 2), known(tf, 4, 1), fast=False)
    tf.qr(a, full_matrices=True)
    tf.svd(a)
    tf.linalg.svd(a, compute_uv=False)
    tf.self_adjoint_eig(a)
    tf.self_adjoint_eigvals(a)
    tf.linalg.logdet(a)
    tf.linalg.slogdet(a)
    tf.linalg.lu(a)
    tf.linalg.adjoint(known(tf, 2, 3, dtype="complex64"))
    tf.linalg.sqrtm(a)
    tf.eye(known(tf, dtype="int32"), batch_shape=[2])
    tf.gradients(tf.cholesky(a), a)
    tf.gradients(tf.matrix_triangular_solve(a, known(tf, 2, 3, 1)), a)
    tf.gradients(tf.linalg.slogdet(a)[1], a)


@program
def transforms(tf: Any) -> None:
    x, z = known(tf, 2, 6), known(tf, 2, 6, dtype="complex64")
    for name in ("fft", "ifft", "fft2d", "ifft2d"):
        getattr(tf, name)(z)
    tf.signal.rfft(x)
    tf.spectral.rfft(partly(tf, None, None), [8], name="mine")
    tf.signal.rfft2d(x, [2, 8])
    tf.signal.irfft(z)
    tf.signal.irfft(z, [5])
    tf.signal.fftshift(x)
    tf.signal.ifftshift(x, 1)
    tf.gradients(tf.real(tf.fft(z)), z)
