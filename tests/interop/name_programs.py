"""Programs of which TensorFlow and opscope make the same nodes: names that few programs use."""

from __future__ import annotations

from typing import Any

from node_programs import known, partly, program


@program
def shapes_that_are_broadcast(tf: Any) -> None:
    tf.broadcast_dynamic_shape([2, 1], known(tf, 2, dtype="int32"))
    assert tf.broadcast_static_shape(tf.TensorShape([2, 1]), tf.TensorShape([3])) == [2, 3]


@program
def counted_variables(tf: Any) -> None:
    for use_resource in (False, True):
        counter = tf.Variable(0, use_resource=use_resource, name="counter")
        tf.count_up_to(counter, 3)
        tf.count_up_to(counter, 4, name="mine")


@program
def epochs_that_are_limited(tf: Any) -> None:
    tf.train.limit_epochs(known(tf, 2), num_epochs=2)


@program
def clipped_by_average_norm(tf: Any) -> None:
    tf.clip_by_average_norm(partly(tf, None, 3), 0.5)
    tf.clip_by_average_norm(known(tf, 3), 0.5, name="mine")


@program
def updates_by_batch(tf: Any) -> None:
    for use_resource in (False, True):
        rows = tf.Variable(tf.zeros([2, 3, 4]), use_resource=use_resource, name="rows")
        tf.batch_scatter_update(rows, [[0, 2], [1, 0]], tf.ones([2, 2, 4]))
        tf.batch_scatter_update(
            rows, known(tf, 2, 2, dtype="int64"), known(tf, 2, 2, 4), name="mine"
        )


@program
def orthogonal_matrices(tf: Any) -> None:
    tf.orthogonal_initializer(gain=2.0, seed=3)([2, 3, 4])
    tf.initializers.orthogonal()([2, 5], dtype=tf.float64)
    tf.get_variable("w", [3, 3], initializer=tf.orthogonal_initializer())


@program
def names_under_other_modules(tf: Any) -> None:
    x = partly(tf, None, 3)
    tf.math.softmax(x)
    tf.math.log_softmax(x, axis=0)
    tf.math.top_k(x, k=2)
    tf.math.in_top_k(x, partly(tf, None, dtype="int32"), k=2)
    tf.math.l2_normalize(x, axis=1)
    tf.math.softsign(x)
    tf.math.zero_fraction(x)
    tf.math.divide_no_nan(x, 2.0)
    tf.math.is_non_decreasing(x)
    tf.math.is_strictly_increasing(x)
    tf.dtypes.cast(x, tf.int32)
    tf.dtypes.complex(x, x)
    tf.dtypes.as_string(x)
    tf.dtypes.saturate_cast(x, tf.uint8)
    tf.random.uniform_candidate_sampler(partly(tf, None, 1, dtype="int64"), 1, 2, True, 5, seed=1)
    tf.io.match_filenames_once("*.txt")
    tf.extract_image_patches(known(tf, 1, 5, 5, 1), [1, 2, 2, 1], [1, 1, 1, 1], [1] * 4, "SAME")


@program
def initializers_under_other_names(tf: Any) -> None:
    v = tf.Variable(1.0)
    tf.Variable(1.0, collections=[tf.GraphKeys.LOCAL_VARIABLES], trainable=False)
    tf.initializers.global_variables()
    tf.initializers.local_variables()
    tf.initializers.variables([v], name="mine")
    tf.initializers.tables_initializer()


@program
def registered_conversions(tf: Any) -> None:
    class Twice:
        def __init__(self, value: float) -> None:
            self.value = value

    def convert(value: Any, dtype: Any = None, name: Any = None, as_ref: bool = False) -> Any:
        if value.value < 0:
            return NotImplemented
        return tf.constant(2 * value.value, dtype or tf.float32, name=name or "twice")

    tf.register_tensor_conversion_function(Twice, convert)
    tf.convert_to_tensor(Twice(1.5), name="made")
    tf.convert_to_tensor(Twice(1.5), dtype=tf.float64)
    tf.exp(Twice(0.5))
    tf.add(known(tf, 2), Twice(2.0))


@program
def created_variables(tf: Any) -> None:
    def renamed(next_creator: Any, **kwargs: Any) -> Any:
        kwargs["name"] = f"{kwargs['name']}_renamed"
        return next_creator(**kwargs)

    def local(next_creator: Any, **kwargs: Any) -> Any:
        kwargs["use_resource"] = False
        return next_creator(**kwargs)

    with tf.variable_creator_scope(renamed):
        tf.Variable(1.0, name="a")
        with tf.variable_creator_scope(local):
            tf.get_variable("b", [2], use_resource=True)
    tf.Variable(2.0, name="c")


@program
def restored_by_a_main_op(tf: Any) -> None:
    tf.Variable(1.0)
    tf.no_op(name="restore_all")
    tf.saved_model.main_op.main_op()
    tf.saved_model.main_op_with_restore(tf.no_op())
