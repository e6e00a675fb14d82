"""Axes: where their ticks are and how numbers and times are written beside them."""

from __future__ import annotations

import math
import time

_UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
MINUTE, HOUR, DAY, YEAR = 60.0, 3600.0, 86400.0, 31557600.0


def number(value: float) -> str:
    """A value in at most four digits; NaN and the infinities by name."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+inf" if value > 0 else "-inf"
    return f"{value:.4g}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")


def count(value: float) -> str:
    """A step or a number of things, short: 12345 is 12.35k, and up to 9999 it is exact."""
    for unit, letter in _UNITS:
        if abs(value) >= max(unit, 1e4):
            return f"{value / unit:.4g}{letter}"
    return f"{value:.6g}"


def duration(seconds: float) -> str:
    """A time span in its two largest units: `3 s`, `2m05s`, `1h20m`, `3d4h`."""
    sign, left = ("-", -seconds) if seconds < 0 else ("", seconds)
    if left < 1 and left > 0:
        return f"{sign}{left * 1000:.3g}ms"
    if left < MINUTE:
        return f"{sign}{left:.3g}s"
    if left < HOUR:
        return f"{sign}{int(left // MINUTE)}m{int(left % MINUTE):02}s"
    if left < DAY:
        return f"{sign}{int(left // HOUR)}h{int(left % HOUR // MINUTE):02}m"
    if left < 100 * DAY:
        return f"{sign}{int(left // DAY)}d{int(left % DAY // HOUR)}h"
    return f"{sign}{left / DAY:.0f}d" if left < 1000 * DAY else f"{sign}{left / YEAR:.0f}y"


def clock(seconds: float, span: float) -> str:
    """A time of day, with the date where the axis spans more than a day."""
    form = "%m-%d %H:%M" if span > DAY else "%H:%M" if span > 10 * MINUTE else "%H:%M:%S"
    try:
        return time.strftime(form, time.localtime(seconds))
    except (OverflowError, ValueError, OSError):  # a file may say any time
        return number(seconds)


def along(value: float, axis: str, span: float) -> str:
    """A label of the x axis: a step, a time span or a time of day."""
    if axis == "step":
        return count(value)
    return duration(value) if axis == "relative" else clock(value, span)


def ticks(low: float, high: float, most: int) -> list[float]:
    """At most `most` round numbers between two: multiples of 1, 2 or 5 times a power of ten."""
    if most < 1 or not high > low or not math.isfinite(high - low):
        return []
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough)) if rough > 1e-300 else 1e-300
    for factor in (1, 2, 5, 10, 20):
        step = factor * power
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first + 1 <= most:
            return [each * step for each in range(first, last + 1)]
    return []


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """At most `most` exponents of ten of round numbers between 10**low and 10**high."""
    for mantissas in ((1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 5), (1,)):
        powers = range(math.floor(low), min(math.floor(high), math.floor(low) + most) + 1)
        found = [power + math.log10(each) for power in powers for each in mantissas]
        found = [each for each in found if low - 1e-9 <= each <= high + 1e-9]
        if 2 <= len(found) <= most:
            return found
    if high - low < 1 and low > -300 and high < 300:
        return [math.log10(each) for each in ticks(10.0**low, 10.0**high, most) if each > 0]
    return ticks(low, high, most)


def tick_labels(values: list[float], log: bool) -> list[str]:
    """Labels of y ticks, with as many digits as tell them apart; of a log axis 10 to the value."""
    if log:
        return [number(10.0**value) for value in values]
    for digits in range(3, 9):
        labels = [
            f"{value + 0.0:.{digits}g}".replace("e+0", "e").replace("e-0", "e-") for value in values
        ]
        if len(set(labels)) == len(values):
            break
    else:
        labels = [number(value) for value in values]
    return labels
