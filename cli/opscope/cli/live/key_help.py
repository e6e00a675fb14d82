"""What the keys do, as shown by `?`."""

from __future__ import annotations

from opscope.cli.live.row import Row

KEYS = (
    ("up down, k j", "the curve before, the next"),
    ("{ }", "the run before, the next"),
    ("page up/down", "a page of the list or of the grid"),
    ("home end", "the first, the last"),
    ("/", "filter runs and tags by a regular expression"),
    ("space", "mark: marked curves are drawn together"),
    ("u", "no marks"),
    ("a", "each tag with all its runs"),
    ("g", "a grid of small charts; enter opens one"),
    ("tab", "hide or show the list"),
    ("+ -", "zoom in x, at the end it follows"),
    ("left right", "move the zoomed range (in the grid: the cursor)"),
    ("0", "all of the x axis"),
    ("x", "step, relative time, wall time"),
    ("l", "logarithmic y axis"),
    ("o", "outliers left out of the y range"),
    ("[ ]", "less, more smoothing (TensorBoard's)"),
    ("h", "histograms as a ridge or as a map"),
    ("n p", "scroll the health table"),
    ("r", "read the logdir now"),
    ("!", "all damage in the log"),
    ("esc", "back"),
    ("q, ctrl-c", "quit"),
)


def help_rows() -> list[Row]:
    """A line per key."""
    rows: list[Row] = [[("class:heading", " Keys")], []]
    rows += [[("class:value", f" {keys:<14}"), ("", f"  {said}")] for keys, said in KEYS]
    marks = " x a NaN, ^ +inf, v -inf: in the column where it happened"
    return [*rows, [], [("class:dim", marks)]]
