"""How many elements of a tensor are of which kind, and the range of the finite ones."""

from __future__ import annotations

import numpy as np

_FINITE = ("min", "max", "mean", "std")


def element_counts(value: np.ndarray) -> dict[str, int]:
    """How many elements are of each kind, zeros included, in the order they are shown.

    Numbers: nan, -inf, -, 0, +, +inf. Complex numbers have no sign: nan, inf, finite. Truth
    values: False, True. Other dtypes have no kinds: an empty dict.
    """
    if value.dtype == np.bool_:
        true = int(np.count_nonzero(value))
        return {"False": value.size - true, "True": true}
    if not _is_numeric(value):
        return {}
    if value.dtype.kind == "c":
        kinds = {"nan": np.isnan(value) & ~np.isinf(value), "inf": np.isinf(value)}
        kinds["finite"] = np.isfinite(value)
    else:
        wide = _widened(value)
        finite = np.isfinite(wide)
        kinds = {
            "nan": np.isnan(wide),
            "-inf": wide == -np.inf,
            "-": finite & (wide < 0),
            "0": wide == 0,
            "+": finite & (wide > 0),
            "+inf": wide == np.inf,
        }
    return {kind: int(np.count_nonzero(mask)) for kind, mask in kinds.items()}


def numeric_summary(value: np.ndarray) -> list[str]:
    """The rows of the summary: counts by kind, then min, max, mean, std of the finite elements.

    The range of complex numbers is that of their magnitudes. Arrays that hold no numbers give
    one row that says so.
    """
    if not value.size:
        return ["No numeric summary available due to empty tensor."]
    counts = element_counts(value)
    if not counts:
        return [f"No numeric summary available due to tensor dtype: {value.dtype}."]
    rows = _counts(counts, value.size)
    finite = _finite(value)
    if value.dtype == np.bool_ or not finite.size:
        return rows
    numbers = (finite.min(), finite.max(), finite.mean(), finite.std())
    head = ["Magnitude of the finite elements:"] if value.dtype.kind == "c" else []
    return [*rows, *head, *_table(list(zip(_FINITE, map(str, numbers), strict=True)))]


def summary_data(value: np.ndarray) -> dict[str, int | float]:
    """The same counts and range by name, for programs; empty for arrays without numbers.

    A sum that overflows makes a mean or std that is not finite: such a number is left out.
    """
    data: dict[str, int | float] = dict(element_counts(value))
    finite = _finite(value)
    if data and finite.size:
        numbers = (finite.min(), finite.max(), finite.mean(), finite.std())
        named = zip(_FINITE, map(float, numbers), strict=True)
        data.update((name, number) for name, number in named if np.isfinite(number))
    return data


def _is_numeric(value: np.ndarray) -> bool:
    return value.dtype.kind in "iufcV" and not value.dtype.names


def _widened(value: np.ndarray) -> np.ndarray:
    # Sums of float16 overflow, and the small types of ml_dtypes have no reductions.
    narrow = value.dtype.kind in "fV" and value.dtype.itemsize < 4
    return value.astype(np.float32) if narrow else value


def _finite(value: np.ndarray) -> np.ndarray:
    """The finite elements, flat; the magnitudes of complex ones."""
    if not (_is_numeric(value) or value.dtype == np.bool_):
        return np.zeros(0)
    wide = _widened(value)
    finite = wide[np.isfinite(wide)]
    magnitudes: np.ndarray = np.abs(finite) if value.dtype.kind == "c" else finite
    return magnitudes


def _counts(counts: dict[str, int], total: int) -> list[str]:
    shown = _table([(name, str(count)) for name, count in counts.items() if count])
    whole = _table([("total", str(total))])
    return [row + more[1:] for row, more in zip(shown, whole, strict=True)]


def _table(entries: list[tuple[str, str]]) -> list[str]:
    """Names above values, every column as wide as the widest entry."""
    width = max(len(text) for entry in entries for text in entry)
    return [
        "|" + "".join(f" {text:>{width}}" for text in row) + " |"
        for row in zip(*entries, strict=True)
    ]
