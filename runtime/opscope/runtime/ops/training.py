"""The ops that optimizers apply: one update of a variable and its slots from a gradient.

Formulas are those of TensorFlow's CPU kernels (core/kernels/training_ops.cc). Large arrays are
updated block by block, so that the temporaries of one block stay in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.binding import Binding
from opscope.runtime.op_def import Kernel, OpDef, op
from opscope.runtime.operation import Operation
from opscope.runtime.tensor_shape import TensorShape
from opscope.runtime.threads import KernelPool, kernel_pool
from opscope.runtime.variable_slot import VariableSlot

# Elements per block: 128 KiB of float32; measured best among powers of two for Adam.
_BLOCK = 32768


def require_shape(name: str, value: Any, var: VariableSlot) -> None:
    """InvalidArgumentError when `value`, the input `name`, has not the shape of the variable."""
    if value.shape != var.value.shape:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"var and {name} do not have the same shape: "
            f"{list(var.value.shape)} {list(value.shape)}",
        )


def _in_blocks(
    pool: KernelPool | None, rows: int, update: Callable[..., None], *arrays: Any
) -> None:
    """Call update(scratch, *pieces) on matching flat pieces of C-contiguous arrays of one shape.

    scratch: `rows` arrays of the length of the pieces. Large arrays are shared out to the pool.
    """
    flat = [a.reshape(-1) for a in arrays]
    size, dtype = flat[0].size, flat[0].dtype

    def some(start: int, stop: int) -> None:
        scratch = np.empty((rows, min(_BLOCK, stop - start)), dtype)
        with np.errstate(all="ignore"):  # each thread has a setting of its own
            for at in range(start, stop, _BLOCK):
                end = min(at + _BLOCK, stop)
                update(scratch[:, : end - at], *[a[at:end] for a in flat])

    if pool is None:
        some(0, size)
    else:
        pool.split(size, some, least=_BLOCK)


def _can_split(*arrays: Any) -> bool:
    return all(type(a) is np.ndarray and a.ndim and a.flags.c_contiguous for a in arrays)


def _shape_of_ref(node: Operation) -> list[TensorShape]:
    """The variable's shape; ValueError when slots or gradient have another."""
    shape = node.inputs[0].shape
    for arg, tensor in zip(node.definition.inputs, node.inputs, strict=True):
        if arg.is_ref or arg.name in ("grad", "delta"):
            shape = shape.merge_with(tensor.shape)
        else:
            tensor.shape.assert_has_rank(0)
    return [shape]


_FLOATS = "T: {float16, bfloat16, float32, float64}, use_locking: bool = false"


@op(
    "ApplyGradientDescent",
    "var: Ref(T), alpha: T, delta: T -> out: Ref(T)",
    _FLOATS,
    updates=(0,),
    not_differentiable=True,
)
def _gradient_descent(
    xp: Any, var: VariableSlot, alpha: Any, delta: Any, pool: KernelPool | None = None
) -> None:
    """Subtract alpha * delta from the variable."""
    old = var.value
    if delta.shape != old.shape:
        require_shape("delta", delta, var)
    new = var.target()
    if new is None or old.size <= _BLOCK or not _can_split(old, new, delta):
        var.commit(xp.subtract(old, delta * alpha, out=new))
        return

    def update(scratch: Any, o: Any, n: Any, d: Any) -> None:
        np.subtract(o, np.multiply(d, alpha, out=scratch[0]), out=n)

    _in_blocks(pool, 1, update, old, new, delta)
    var.commit(new)


# Far beyond any learning rate, and far from where products with 1.8e19 leave float32.
_USUAL = 1e3


@_gradient_descent.keeps_finite
def _(alpha: Any) -> bool:
    return bool(abs(alpha) <= _USUAL)


@op(
    "ApplyMomentum",
    "var: Ref(T), accum: Ref(T), lr: T, grad: T, momentum: T -> out: Ref(T)",
    _FLOATS + ", use_nesterov: bool = false",
    updates=(0, 1),
    not_differentiable=True,
)
def _momentum(
    xp: Any,
    var: VariableSlot,
    accum: VariableSlot,
    lr: Any,
    grad: Any,
    momentum: Any,
    pool: KernelPool | None = None,
    *,
    use_nesterov: bool,
) -> None:
    """Accumulate gradients with a decay of momentum, and follow the sum."""
    require_shape("grad", grad, var)
    require_shape("accum", accum.value, var)
    old, new, was, now = var.value, var.target(), accum.value, accum.target()
    if new is None or not _can_split(old, new, was, now, grad):
        now = xp.add(was * momentum, grad, out=now)
        step = grad * lr + now * momentum * lr if use_nesterov else now * lr
        accum.commit(now)
        var.commit(xp.subtract(old, step, out=new))
        return

    def update(scratch: Any, o: Any, n: Any, w: Any, a: Any, g: Any) -> None:
        step, ahead = scratch
        np.multiply(w, momentum, out=a)
        a += g
        if use_nesterov:
            np.multiply(a, momentum, out=step)
            step *= lr
            step += np.multiply(g, lr, out=ahead)
        else:
            np.multiply(a, lr, out=step)
        np.subtract(o, step, out=n)

    _in_blocks(pool, 2, update, old, new, was, now, grad)
    accum.commit(now)
    var.commit(new)


@_momentum.keeps_finite
def _(lr: Any, momentum: Any) -> bool:
    return bool(abs(lr) <= _USUAL and abs(momentum) <= 1)


@op(
    "ApplyAdam",
    "var: Ref(T), m: Ref(T), v: Ref(T), beta1_power: T, beta2_power: T, lr: T, beta1: T, beta2: T, "
    "epsilon: T, grad: T -> out: Ref(T)",
    _FLOATS + ", use_nesterov: bool = false",
    updates=(0, 1, 2),
    not_differentiable=True,
)
def _adam(
    xp: Any,
    var: VariableSlot,
    m: VariableSlot,
    v: VariableSlot,
    beta1_power: Any,
    beta2_power: Any,
    lr: Any,
    beta1: Any,
    beta2: Any,
    epsilon: Any,
    grad: Any,
    pool: KernelPool | None = None,
    *,
    use_nesterov: bool,
) -> None:
    """Follow the running mean of the gradient over the root of its running square.

    epsilon is added to the root of the uncorrected mean square ("epsilon hat" in Kingma and Ba).
    """
    require_shape("grad", grad, var)
    require_shape("m", m.value, var)
    require_shape("v", v.value, var)
    alpha = lr * xp.sqrt(1 - beta2_power) / (1 - beta1_power)
    rest1, rest2 = 1 - beta1, 1 - beta2
    old, new = var.value, var.target()
    m_old, m_new, v_old, v_new = m.value, m.target(), v.value, v.target()
    if new is None or not _can_split(old, new, m_old, m_new, v_old, v_new, grad):
        m_new = xp.add(m_old, (grad - m_old) * rest1, out=m_new)
        v_new = xp.add(v_old, (grad * grad - v_old) * rest2, out=v_new)
        mean = grad * rest1 + m_new * beta1 if use_nesterov else m_new
        new = xp.subtract(old, mean * alpha / (xp.sqrt(v_new) + epsilon), out=new)
    else:

        def update(
            scratch: Any, o: Any, n: Any, mo: Any, mn: Any, vo: Any, vn: Any, g: Any
        ) -> None:
            step, root = scratch
            np.subtract(g, mo, out=step)
            step *= rest1
            np.add(mo, step, out=mn)
            np.multiply(g, g, out=step)
            step -= vo
            step *= rest2
            np.add(vo, step, out=vn)
            if use_nesterov:
                np.multiply(g, rest1, out=step)
                step += np.multiply(mn, beta1, out=root)
                step *= alpha
            else:
                np.multiply(mn, alpha, out=step)
            np.sqrt(vn, out=root)
            root += epsilon
            step /= root
            np.subtract(o, step, out=n)

        _in_blocks(pool, 2, update, old, new, m_old, m_new, v_old, v_new, grad)
    m.commit(m_new)
    v.commit(v_new)
    var.commit(new)


@_adam.keeps_finite
def _(beta1_power: Any, beta2_power: Any, lr: Any, beta1: Any, beta2: Any, epsilon: Any) -> bool:
    # The largest step is alpha * 1.8e19 / epsilon, with alpha up to 100 * lr.
    return bool(
        abs(lr) <= _USUAL
        and epsilon >= 1e-10
        and 0 <= beta1_power <= 0.99
        and all(0 <= rate <= 1 for rate in (beta2_power, beta1, beta2))
    )


@op(
    "ApplyAdagrad",
    "var: Ref(T), accum: Ref(T), lr: T, grad: T -> out: Ref(T)",
    _FLOATS + ", update_slots: bool = true",
    updates=(0, 1),
    not_differentiable=True,
)
def _adagrad(
    xp: Any, var: VariableSlot, accum: VariableSlot, lr: Any, grad: Any, *, update_slots: bool
) -> None:
    """Divide the step by the root of the sum of squared gradients."""
    require_shape("grad", grad, var)
    require_shape("accum", accum.value, var)
    now = accum.value
    if update_slots:
        now = xp.add(now, grad * grad, out=accum.target())
        accum.commit(now)
    var.commit(xp.subtract(var.value, grad * lr / xp.sqrt(now), out=var.target()))


@op(
    "ApplyRMSProp",
    "var: Ref(T), ms: Ref(T), mom: Ref(T), lr: T, rho: T, momentum: T, epsilon: T, grad: T "
    "-> out: Ref(T)",
    _FLOATS,
    updates=(0, 1, 2),
    not_differentiable=True,
)
def _rms_prop(
    xp: Any,
    var: VariableSlot,
    ms: VariableSlot,
    mom: VariableSlot,
    lr: Any,
    rho: Any,
    momentum: Any,
    epsilon: Any,
    grad: Any,
) -> None:
    """Divide the step by the root of the running mean square of the gradient."""
    require_shape("grad", grad, var)
    require_shape("ms", ms.value, var)
    require_shape("mom", mom.value, var)
    mean = xp.add(ms.value, (grad * grad - ms.value) * (1 - rho), out=ms.target())
    ms.commit(mean)
    step = grad * lr / xp.sqrt(mean + epsilon)
    step = xp.add(mom.value * momentum, step, out=mom.target())
    mom.commit(step)
    var.commit(xp.subtract(var.value, step, out=var.target()))


@op(
    "ApplyCenteredRMSProp",
    "var: Ref(T), mg: Ref(T), ms: Ref(T), mom: Ref(T), lr: T, rho: T, momentum: T, epsilon: T, "
    "grad: T -> out: Ref(T)",
    _FLOATS,
    updates=(0, 1, 2, 3),
    not_differentiable=True,
)
def _centered_rms_prop(
    xp: Any,
    var: VariableSlot,
    mg: VariableSlot,
    ms: VariableSlot,
    mom: VariableSlot,
    lr: Any,
    rho: Any,
    momentum: Any,
    epsilon: Any,
    grad: Any,
) -> None:
    """Divide the step by the running standard deviation of the gradient."""
    require_shape("grad", grad, var)
    for name, slot in (("mg", mg), ("ms", ms), ("mom", mom)):
        require_shape(name, slot.value, var)
    square = xp.add(ms.value, (grad * grad - ms.value) * (1 - rho), out=ms.target())
    ms.commit(square)
    mean = xp.add(mg.value, (grad - mg.value) * (1 - rho), out=mg.target())
    mg.commit(mean)
    step = grad * lr / xp.sqrt(square - mean * mean + epsilon)
    step = xp.add(mom.value * momentum, step, out=mom.target())
    mom.commit(step)
    var.commit(xp.subtract(var.value, step, out=var.target()))


for _definition in (
    _gradient_descent,
    _momentum,
    _adam,
    _adagrad,
    _rms_prop,
    _centered_rms_prop,
):
    _definition.shape(_shape_of_ref)


def _share_out(definition: OpDef) -> None:
    @definition.bind
    def _(binding: Binding) -> Kernel:
        attrs = {name: binding.attrs[name] for name in definition.kernel_attrs}
        return partial(definition.kernels["ANY"], binding.xp, pool=kernel_pool(binding), **attrs)


for _definition in (_gradient_descent, _momentum, _adam):
    _share_out(_definition)
