"""Functions of matrices: nodes, values, gradients and errors are TensorFlow's."""

import numpy as np
import pytest

import opscope.runtime as ours

pytestmark = pytest.mark.interop

RNG = np.random.default_rng(5)
A = (RNG.normal(size=(3, 3)) + 2 * np.eye(3)).astype(np.float32)
BATCH = (RNG.normal(size=(2, 3, 3)) + 2 * np.eye(3)).astype(np.float32)
WIDE = RNG.normal(size=(2, 4)).astype(np.float32)
LOW = np.array([[1, 2, 3], [2, 4, 6], [1, 0, 1]], np.float32)
ROWS = (RNG.normal(size=(2, 3, 4)) + np.array([[0], [4], [0]])).astype(np.float32)
WAVES = (A + 1j * BATCH[0]).astype(np.complex64)


def factored(tf, x):
    return tf.linalg.lu(x)


# Name: the function, and what it takes as a tensor that gradients are asked for.
CASES = {
    "expm": (lambda tf, x: tf.linalg.expm(x), A),
    "expm_large": (lambda tf, x: tf.linalg.expm(x * 9.0), A),
    "expm_small": (lambda tf, x: tf.linalg.expm(x * 0.05), A),
    "expm_batch": (lambda tf, x: tf.linalg.expm(x), BATCH),
    "expm_double": (lambda tf, x: tf.linalg.expm(x * 4.0), BATCH.astype(np.float64)),
    "expm_complex": (lambda tf, x: tf.linalg.expm(x), WAVES),
    "expm_infinite": (lambda tf, x: tf.linalg.expm(x), np.full((2, 2), np.inf, np.float32)),
    "logm": (lambda tf, x: tf.linalg.logm(x), WAVES),
    "pinv": (lambda tf, x: tf.linalg.pinv(x), A),
    "pinv_wide": (lambda tf, x: tf.linalg.pinv(x, rcond=0.1), WIDE),
    "pinv_batch": (lambda tf, x: tf.linalg.pinv(x, validate_args=True), BATCH),
    "rank": (lambda tf, x: tf.linalg.matrix_rank(x), LOW),
    "rank_tolerance": (lambda tf, x: tf.linalg.matrix_rank(x, tol=2.0), BATCH),
    "lu_reconstruct": (lambda tf, x: tf.linalg.lu_reconstruct(*factored(tf, x)), A),
    "lu_reconstruct_batch": (lambda tf, x: tf.linalg.lu_reconstruct(*factored(tf, x)), BATCH),
    "lu_inverse": (lambda tf, x: tf.linalg.lu_matrix_inverse(*factored(tf, x)), A),
    "lu_solve": (lambda tf, x: tf.linalg.lu_solve(*factored(tf, x), tf.constant(A)), A),
    "lu_solve_batch": (
        lambda tf, x: tf.linalg.lu_solve(*factored(tf, x), tf.constant(BATCH)),
        BATCH,
    ),
    "normalize": (lambda tf, x: tf.linalg.normalize(x, axis=1), A),
    "norm_one": (lambda tf, x: tf.norm(x, 1), A),
    "norm_one_axis": (lambda tf, x: tf.norm(x, ord=1, axis=1, keepdims=True), A),
    "norm_largest": (lambda tf, x: tf.norm(x, np.inf, axis=0), A),
    "norm_cube": (lambda tf, x: tf.norm(x, 3, axis=-1), A),
    "norm_matrix": (lambda tf, x: tf.norm(x, "fro", axis=[-2, -1]), BATCH),
    "norm_matrix_one": (lambda tf, x: tf.norm(x, 1, axis=(0, 1)), BATCH),
    "norm_matrix_largest": (lambda tf, x: tf.norm(x, np.inf, axis=[1, 2], keep_dims=True), BATCH),
    "tridiagonal": (lambda tf, x: tf.linalg.tridiagonal_solve(x, tf.ones([2, 4, 2])), ROWS),
    "tridiagonal_vector": (lambda tf, x: tf.linalg.tridiagonal_solve(x, tf.ones([2, 4])), ROWS),
    "tridiagonal_transposed": (
        lambda tf, x: tf.linalg.tridiagonal_solve(x, tf.ones([2, 5, 4]), transpose_rhs=True),
        ROWS,
    ),
    "tridiagonal_sequence": (
        lambda tf, x: tf.linalg.tridiagonal_solve(
            [x[:, 0, :3], x[:, 1], x[:, 2, 1:]], tf.ones([2, 4, 1]), "sequence"
        ),
        ROWS,
    ),
    "tridiagonal_matrix": (
        lambda tf, x: tf.linalg.tridiagonal_solve(
            x, tf.ones([3, 1]), "matrix", partial_pivoting=False
        ),
        A,
    ),
    "tridiagonal_product": (
        lambda tf, x: tf.linalg.tridiagonal_matmul(x, tf.ones([2, 4, 2])),
        ROWS,
    ),
    "tridiagonal_product_matrix": (
        lambda tf, x: tf.linalg.tridiagonal_matmul(x, tf.ones([3, 2]), "matrix"),
        A,
    ),
    "diagonals": (lambda tf, x: tf.linalg.diag_part(x, k=(-1, 1), padding_value=7.0), BATCH),
    "from_diagonals": (lambda tf, x: tf.linalg.diag(x, k=(-1, 1), align="LEFT_RIGHT"), ROWS),
    "one_above": (lambda tf, x: tf.matrix_diag(x, k=1, num_cols=6, padding_value=2.0), WIDE),
    "set_above": (lambda tf, x: tf.matrix_set_diag(x, tf.ones([2, 2]), k=1), BATCH),
    "gather_batch": (lambda tf, x: tf.gather_nd(x, [[[0, 1]], [[2, 2]]], batch_dims=1), BATCH),
    "gather_two": (
        lambda tf, x: tf.gather_nd(x, np.array([[[0], [1], [2]]] * 2), batch_dims=2),
        BATCH,
    ),
    "logsumexp": (lambda tf, x: tf.reduce_logsumexp(x, reduction_indices=1, keep_dims=True), A),
    "three_factors": (lambda tf, x: tf.einsum("ij,jk,kl->il", x, tf.constant(A), x), A),
}
# The order of the parts is TensorFlow's in values, not in nodes.
OTHER_NODES = {name for name in CASES if name.startswith("expm")}
OTHER_NODES |= {"three_factors", "tridiagonal_product_matrix", "tridiagonal_product"}
NO_GRADIENT = {"logm", "rank", "rank_tolerance", "expm_infinite"}
NO_GRADIENT |= {name for name in CASES if name.startswith("lu_")}


def built(tf, name):
    function, value = CASES[name]
    with tf.Graph().as_default() as graph, tf.Session() as session:
        x = tf.constant(value, name="x")
        found = function(tf, x)
        nodes = {n.name: n.op for n in graph.as_graph_def().node}
        wanted = list(found) if isinstance(found, (tuple, list)) else [found]
        shapes = [t.shape.as_list() for t in wanted]
        if name not in NO_GRADIENT:
            weighted = [t * np.arange(1, 1 + np.prod(t.shape.as_list())).reshape(t.shape.as_list())
                        for t in wanted]  # fmt: skip
            total = tf.add_n([tf.reduce_sum(tf.real(t)) for t in weighted])
            wanted.append(tf.gradients(total, x)[0])
        return nodes, shapes, session.run(wanted)


@pytest.mark.parametrize("name", CASES)
def test_is_tensorflows(tensorflow, name):
    nodes, shapes, values = built(ours, name)
    their_nodes, their_shapes, their_values = built(tensorflow, name)
    assert shapes == their_shapes
    if name not in OTHER_NODES:
        assert nodes == their_nodes
    for mine, theirs in zip(values, their_values, strict=True):
        scale = np.abs(theirs).max(initial=1.0)
        np.testing.assert_allclose(mine, theirs, rtol=2e-4, atol=1e-5 * scale)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda tf, x: tf.norm(x, "fro"),
        lambda tf, x: tf.norm(x, -1),
        lambda tf, x: tf.norm(x, 3, axis=(0, 1)),
        lambda tf, x: tf.norm(x, axis=(0, 0)),
        lambda tf, x: tf.norm(x, axis=1, keepdims=True, keep_dims=True),
        lambda tf, x: tf.linalg.expm(tf.cast(x, tf.int32)),
        lambda tf, x: tf.linalg.pinv(x[0]),
        lambda tf, x: tf.linalg.pinv(tf.cast(x, tf.int32)),
        lambda tf, x: tf.linalg.lu_solve(x, [0, 1, 2], tf.ones([3])),
        lambda tf, x: tf.linalg.lu_solve(x, [0, 1, 2], tf.ones([4, 1])),
        lambda tf, x: tf.linalg.lu_reconstruct(x, 0),
        lambda tf, x: tf.linalg.tridiagonal_solve(x, tf.ones([3]), "rows"),
        lambda tf, x: tf.linalg.tridiagonal_solve([x, x], tf.ones([3]), "sequence"),
        lambda tf, x: tf.linalg.tridiagonal_solve(x[:2], tf.ones([3, 1])),
        lambda tf, x: tf.linalg.tridiagonal_solve(x, tf.ones([3]), perturb_singular=True,
                                                  partial_pivoting=False),
        lambda tf, x: tf.gather_nd(x, [[0]], batch_dims=2),
        lambda tf, x: tf.gather_nd(x, [[0]], batch_dims=-1),
    ],
)  # fmt: skip
def test_is_refused_as_there(tensorflow, wrong):
    kinds = []
    for tf in (ours, tensorflow):
        with tf.Graph().as_default(), pytest.raises((TypeError, ValueError)) as caught:
            wrong(tf, tf.constant(A))
        kinds.append(caught.type)
    assert kinds[0] is kinds[1]
