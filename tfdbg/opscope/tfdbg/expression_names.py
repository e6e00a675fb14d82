"""The names that an expression may use: functions without side effect, files or processes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

_FUNCTIONS = """
all allclose amax amin any append arange argmax argmin argpartition argsort argwhere
around array array_equal array_split asarray atleast_1d atleast_2d atleast_3d average
bincount broadcast_to clip column_stack concatenate convolve corrcoef correlate
count_nonzero cov cross cumprod cumsum delete diag diagonal diff digitize dot dsplit
dstack ediff1d einsum empty_like expand_dims eye flatnonzero flip fliplr flipud full
full_like geomspace gradient histogram histogram2d hsplit hstack identity imag in1d
inner interp intersect1d isclose isin isneginf isposinf isreal iscomplex kron linspace
logspace matmul max mean median meshgrid min moveaxis nan_to_num nanargmax nanargmin
nancumprod nancumsum nanmax nanmean nanmedian nanmin nanpercentile nanprod nanquantile
nanstd nansum nanvar ndim nonzero ones ones_like outer pad partition percentile polyfit
polyval prod ptp quantile ravel real real_if_close repeat reshape resize roll rollaxis
rot90 round searchsorted select setdiff1d setxor1d shape sinc size sort split squeeze
stack std sum swapaxes take take_along_axis tensordot tile trace transpose trapezoid
tri tril triu union1d unique unravel_index unwrap vander var vdot vsplit vstack where
zeros zeros_like
"""
_LINALG = """
cholesky cond det eig eigh eigvals eigvalsh inv lstsq matrix_norm matrix_power
matrix_rank multi_dot norm pinv qr slogdet solve svd svdvals tensorinv tensorsolve
vector_norm
"""
_VALUES = "pi e inf nan newaxis euler_gamma"
_DTYPES = """
bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64
complex64 complex128 str_ bytes_
"""


def _numpy_names() -> dict[str, Any]:
    words = (*_FUNCTIONS.split(), *_VALUES.split(), *_DTYPES.split())
    found = {name: getattr(np, name) for name in words if hasattr(np, name)}
    found |= {name: value for name, value in vars(np).items() if isinstance(value, np.ufunc)}
    linalg = {name: getattr(np.linalg, name, None) for name in _LINALG.split()}
    return found | {f"linalg.{name}": value for name, value in linalg.items() if value is not None}


NUMPY: Mapping[str, Any] = MappingProxyType(_numpy_names())
"""What may stand behind `np.`: every ufunc, and functions that only compute."""

BUILTINS: Mapping[str, Any] = MappingProxyType(
    {
        function.__name__: function
        for function in (abs, all, any, bool, complex, float, int, len, max, min, round, sum)
    }
)
"""Python's own functions."""

_METHODS = """
all any argmax argmin argsort astype clip conj copy cumprod cumsum diagonal dot flatten
item max mean min nonzero prod ravel repeat reshape round squeeze std sum swapaxes take
tolist trace transpose var
"""
METHODS = frozenset(_METHODS.split())
"""Methods of an array that leave it as it is."""

VALUE_ATTRIBUTES = ("T", "dtype", "imag", "nbytes", "ndim", "real", "shape", "size")
"""Attributes of an array."""
