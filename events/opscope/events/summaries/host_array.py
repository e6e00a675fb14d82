"""Arrays of any framework as NumPy arrays, without importing the framework."""

from typing import Any

import numpy as np
import numpy.typing as npt


def host_array(value: Any) -> npt.NDArray[Any]:
    """The value as a NumPy array: a number, sequence, or array of NumPy, PyTorch, CuPy, TF, JAX.

    PyTorch's are detached and copied from their device, its bfloat16 becomes float32.
    """
    if isinstance(value, np.ndarray):
        return value
    if hasattr(value, "detach"):  # torch.Tensor
        value = value.detach().cpu()
        return np.asarray((value.float() if "bfloat16" in str(value.dtype) else value).numpy())
    if hasattr(value, "__cuda_array_interface__") and hasattr(value, "get"):  # cupy.ndarray
        return np.asarray(value.get())
    if callable(getattr(value, "numpy", None)):  # tf.Tensor
        return np.asarray(value.numpy())
    return np.asarray(value)


def number(value: Any) -> float:
    """The one number in a value; ValueError where there are none or several."""
    array = host_array(value)
    if array.size != 1:
        raise ValueError(f"a scalar is one number, this is {array.dtype} of shape {array.shape}")
    return float(array.reshape(())[()])
