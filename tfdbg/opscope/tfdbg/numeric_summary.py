"""How many elements of a tensor are of which kind, and the range of the finite ones."""

from __future__ import annotations

import numpy as np

_FINITE = ("min", "max", "mean", "std")


def numeric_summary(value: np.ndarray) -> list[str]:
    """The rows of the summary: counts by sign, then min, max, mean, std of the finite elements.

    Complex numbers have no sign: only NaN, infinite and other elements are counted, and the
    range is that of the magnitude. Arrays that hold no numbers give one row that says so.
    """
    if not value.size:
        return ["No numeric summary available due to empty tensor."]
    if value.dtype == np.bool_:
        true = int(np.count_nonzero(value))
        return _counts([("False", value.size - true), ("True", true)], value.size)
    if value.dtype.kind == "c":
        return _complex_summary(value)
    if value.dtype.kind not in "iufV" or value.dtype.names:
        return [f"No numeric summary available due to tensor dtype: {value.dtype}."]
    # float16 sums overflow and ml_dtypes has no reductions: count and average in a wider type.
    narrow = value.dtype.kind in "fV" and value.dtype.itemsize < 4
    wide = value.astype(np.float32) if narrow else value
    finite = wide[np.isfinite(wide)]
    counts = [
        ("nan", int(np.count_nonzero(np.isnan(wide)))),
        ("-inf", int(np.count_nonzero(np.isneginf(wide)))),
        ("-", int(np.count_nonzero(finite < 0))),
        ("0", int(np.count_nonzero(finite == 0))),
        ("+", int(np.count_nonzero(finite > 0))),
        ("+inf", int(np.count_nonzero(np.isposinf(wide)))),
    ]
    rows = _counts(counts, value.size)
    return rows + _range(finite) if finite.size else rows


def summary_data(value: np.ndarray) -> dict[str, object]:
    """The same counts and range by name, for programs; empty for arrays without numbers."""
    if value.dtype.kind not in "iufcbV" or value.dtype.names or not value.size:
        return {}
    wide = value.astype(np.float64) if value.dtype.kind != "c" else value
    finite = np.abs(wide[np.isfinite(wide)]) if value.dtype.kind == "c" else wide[np.isfinite(wide)]
    data: dict[str, object] = {
        "total": int(value.size),
        "nan": int(np.count_nonzero(np.isnan(wide))),
        "inf": int(np.count_nonzero(np.isinf(wide))),
    }
    if finite.size:
        data |= {
            "min": float(finite.min()),
            "max": float(finite.max()),
            "mean": float(finite.mean()),
            "std": float(finite.std()),
        }
    return data


def _complex_summary(value: np.ndarray) -> list[str]:
    nan, inf = np.isnan(value), np.isinf(value)
    finite = np.abs(value[np.isfinite(value)])
    counts = [
        ("nan", int(np.count_nonzero(nan & ~inf))),
        ("inf", int(np.count_nonzero(inf))),
        ("finite", int(finite.size)),
    ]
    rows = _counts(counts, value.size)
    if finite.size:
        rows += ["Magnitude of the finite elements:", *_range(finite)]
    return rows


def _range(finite: np.ndarray) -> list[str]:
    values = (finite.min(), finite.max(), finite.mean(), finite.std())
    return _table(list(zip(_FINITE, map(str, values), strict=True)))


def _counts(counts: list[tuple[str, int]], total: int) -> list[str]:
    shown = _table([(name, str(count)) for name, count in counts if count])
    whole = _table([("total", str(total))])
    return [row + more[1:] for row, more in zip(shown, whole, strict=True)]


def _table(entries: list[tuple[str, str]]) -> list[str]:
    """Names above values, every column as wide as the widest entry."""
    width = max(len(text) for entry in entries for text in entry)
    return [
        "|" + "".join(f" {text:>{width}}" for text in row) + " |"
        for row in zip(*entries, strict=True)
    ]
