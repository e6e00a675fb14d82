"""What `opscope watch` draws, as functions of the points: no terminal, no files."""

from __future__ import annotations

import numpy as np
import pytest

from opscope.cli.live import scale
from opscope.cli.live.canvas import Canvas
from opscope.cli.live.chart import chart
from opscope.cli.live.health import DumpHealth, Health, TensorHealth, health_rows
from opscope.cli.live.histogram_picture import histogram_picture
from opscope.cli.live.row import ASCII, UNICODE, Row, cells, cut, cut_left, fitted, text_of, wrapped
from opscope.cli.live.series import Series
from opscope.cli.live.stretch import columns_of, draw, stretches
from opscope.cli.live.view import View
from opscope.cli.live.writer import Writer
from opscope.dashboard.scalar_series import Curve
from opscope.events import Histograms


def series(values, *, run: str = "train", tag: str = "loss", steps=None, times=None) -> Series:
    value = np.asarray(values, np.float64)
    step = np.arange(len(value)) if steps is None else np.asarray(steps)
    wall = 1000.0 + step if times is None else np.asarray(times, np.float64)
    return Series(run, tag, Curve(run, step.astype(np.int64), wall.astype(np.float64), value))


def texts(rows: list[Row]) -> list[str]:
    return [text_of(row).rstrip() for row in rows]


def drawn(values, columns: int = 40, rows: int = 12, view: View | None = None, **more) -> list[str]:
    picture = chart([series(values)], view or View(), columns, rows, UNICODE, **more)
    assert [cells(text_of(row)) for row in picture.rows] == [columns] * rows
    return texts(picture.rows)


# The canvas and the columns


def test_each_dot_has_its_bit_of_the_braille_letter() -> None:
    found = []
    for y in range(4):
        for x in range(2):
            canvas = Canvas(1, 1)
            plane = canvas.plane()
            plane[y, x] = True
            canvas.add(plane, 0)
            found.append(text_of(canvas.drawn(["a"], UNICODE)[0]))
    assert "".join(found) == "⠁⠈⠂⠐⠄⠠⡀⢀"


def test_a_cell_has_the_colour_of_who_drew_first() -> None:
    canvas = Canvas(2, 1)
    first, second = canvas.plane(), canvas.plane()
    first[0, 0] = True
    second[1, :] = True
    canvas.add(first, 0)
    canvas.add(second, 1)
    assert canvas.drawn(["a", "b"], UNICODE) == [[("a", "⠓"), ("b", "⠒")]]


def test_what_is_behind_leaves_drawn_cells_alone() -> None:
    canvas = Canvas(2, 1)
    first, second = canvas.plane(), canvas.plane()
    first[0, 0] = True
    second[1, :] = True
    canvas.add(first, 0)
    canvas.add(second, 1, behind=True)
    assert canvas.drawn(["a", "b"], UNICODE) == [[("a", "⠁"), ("b", "⠒")]]


def test_without_braille_dots_become_points_and_colons() -> None:
    canvas = Canvas(3, 1)
    plane = canvas.plane()
    plane[0, 0] = plane[3, 2] = plane[0, 4] = plane[3, 4] = True
    canvas.add(plane, 0)
    assert text_of(canvas.drawn(["a"], ASCII)[0]) == "'.:"


def test_no_spike_of_a_million_points_is_lost() -> None:
    value = np.zeros(1_000_000)
    value[123_456] = 7.0
    value[777_777] = -3.0
    found = stretches(np.arange(1e6), value, 0, 999_999, 100)
    assert len(found.column) == 100
    assert found.high[12] == 7.0
    assert found.low[77] == -3.0
    plane = np.zeros((40, 100), np.bool_)
    draw(plane, found, -3.0, 7.0)
    assert plane[0, 12]
    assert plane[39, 77]
    assert plane[0].sum() == 1


def test_points_in_any_order_are_put_in_order() -> None:
    found = stretches(np.array([2.0, 0.0, 1.0]), np.array([20.0, 0.0, 10.0]), 0, 2, 3)
    assert found.first.tolist() == [0, 10, 20]


def test_a_nan_breaks_the_line() -> None:
    plane = np.zeros((8, 21), np.bool_)
    whole = plane.copy()
    draw(plane, stretches(np.arange(3.0), np.array([0, np.nan, 1]), 0, 2, 21), 0, 1)
    draw(whole, stretches(np.arange(2.0) * 2, np.array([0.0, 1]), 0, 2, 21), 0, 1)
    assert plane.sum() == 2
    assert whole.any(axis=0).all()


def test_a_zoomed_line_comes_in_from_the_points_outside() -> None:
    plane = np.zeros((8, 10), np.bool_)
    found = stretches(np.array([0.0, 100.0]), np.array([1.0, 1.0]), 40, 60, 10)
    draw(plane, found, 0, 2)
    assert plane.any(axis=0).all()


def test_one_step_stands_in_the_middle() -> None:
    assert columns_of(np.array([5.0, 5.0]), 5, 5, 9).tolist() == [4, 4]


@pytest.mark.parametrize("value", [1e308, -1e308, 1e-320, 0.0])
def test_extreme_values_are_drawn(value: float) -> None:
    rows = drawn([value, -value, value / 2, np.inf, -np.inf, np.nan])
    assert "▲" in "".join(rows)
    assert "▼" in "".join(rows)
    assert "×" in "".join(rows)


# Charts


def test_a_chart_has_legend_axes_and_curve() -> None:
    rows = drawn(np.linspace(0, 10, 50), 60, 12)
    assert rows[0] == "━ loss  10 @49  min 0 @0  max 10 @49"
    assert rows[-1].split() == ["0", "10", "20", "30", "40", "step"]
    assert [row.split("┤")[0].strip() for row in rows if "┤" in row] == ["10", "5", "0"]
    assert rows[1].endswith("⠉") or rows[1][-1] > "\u2800"


def test_what_is_not_finite_is_counted_and_marked_where_it_happened() -> None:
    values = np.ones(80)
    values[40], values[60], values[79] = np.nan, np.inf, -np.inf
    rows = drawn(values, 80, 12)
    assert "1 NaN, 1 +inf, 1 -inf from @40" in rows[0]
    body = [row.split("┤")[-1].split("│")[-1] for row in rows[1:-2]]
    assert body[0].index("▲") == pytest.approx(len("⠉" * 78) * 60 / 79, abs=2)
    assert body[-1].index("×") == pytest.approx(78 * 40 / 79, abs=2)
    assert body[-1].endswith("▼")


def test_the_log_axis_labels_values_and_leaves_out_what_has_no_logarithm() -> None:
    rows = drawn([1000, 100, 10, 1, 0, -5], rows=18, view=View(log=True))
    assert [row.split("┤")[0].strip() for row in rows if "┤" in row] == ["1000", "100", "10", "1"]


def test_smoothing_is_drawn_over_the_faint_values() -> None:
    values = np.tile([0.0, 1.0], 40)
    picture = chart([series(values)], View(smoothing=0.9), 40, 12, UNICODE)
    styles = {style for row in picture.rows for style, _ in row}
    assert {"class:series.0", "class:faint.0"} <= styles


def test_several_curves_have_letters_and_a_line_of_legend_each() -> None:
    both = [series([0, 1], run="a/one"), series([1, 0], run="a/two")]
    rows = texts(chart(both, View(), 60, 12, UNICODE).rows)
    assert rows[0].startswith("a ━ a/one  1 @1")
    assert rows[1].startswith("b ━ a/two  0 @1")
    assert rows[2].endswith("a")
    assert rows[-3].endswith("b")


def test_many_curves_leave_room_for_the_picture() -> None:
    many = [series([n, np.nan if n == 30 else n], run=f"run{n}") for n in range(60)]
    rows = texts(chart(many, View(), 60, 16, UNICODE).rows)
    assert rows[3].startswith("and 37 more, 1 of them with NaN")
    assert rows[4] == "and 20 more: filter with /"
    assert sum("│" in row or "┤" in row for row in rows) >= 8


def test_hostile_names_cannot_steer_the_terminal() -> None:
    picture = chart([series([1.0], tag="\x1b]0;x\x07\n")], View(), 60, 8, UNICODE)
    assert all(char.isprintable() for row in picture.rows for char in text_of(row))


@pytest.mark.parametrize("small", [True, False])
@pytest.mark.parametrize("columns", [1, 5, 12, 13, 31, 200])
@pytest.mark.parametrize("rows", [1, 2, 3, 5, 60])
def test_every_size_is_filled_exactly(columns: int, rows: int, small: bool) -> None:
    for values in ([], [1.0], [np.nan], [0.0, 1e-9, 5e5]):
        for axis in ("step", "relative", "wall"):
            made = chart([series(values)], View(axis=axis), columns, rows, UNICODE, small=small)
            assert [cells(text_of(row)) for row in made.rows] == [columns] * rows


def test_plain_characters_only_where_asked_for() -> None:
    points = histograms([0, 1], [[0, 1, 5]], [[0, 1, 3]])
    rows = chart([series([1.0, np.nan, 3.0])], View(), 60, 12, ASCII).rows
    for heat in (True, False):
        rows = rows + histogram_picture(points, "w", heat, 60, 12, ASCII)
    assert "".join(map(text_of, rows)).isascii()


# Zoom and the view


def test_zoom_stays_at_the_end_while_the_log_grows() -> None:
    view = View().zoomed((0, 100), 0.5)
    assert view.zoom is not None
    assert view.zoom.within(0, 100) == (50, 100)
    assert view.zoom.within(0, 140) == (90, 140)
    left = view.moved((0, 100), -0.5)
    assert left.zoom is not None
    assert left.zoom.within(0, 140) == (25, 75)
    again = left.moved((0, 140), 9)
    assert again.zoom is not None
    assert again.zoom.within(0, 200) == (150, 200)
    assert view.zoomed((0, 100), 4).zoom is None


def test_smoothing_and_axes_go_round() -> None:
    view = View()
    for _ in range(20):
        view = view.smoothed(1)
    assert view.smoothing == 0.999
    assert View(smoothing=0.5).smoothed(-1).smoothing == 0.3
    axes = [View().next_axis().axis, View().next_axis().next_axis().axis]
    assert axes == ["relative", "wall"]


# Histograms


def histograms(steps, *buckets) -> Histograms:
    step = np.asarray(steps, np.int64)
    return Histograms(
        step, step * 1.0, [np.asarray(each, np.float64) for each in buckets], step * 0.0
    )


def test_a_ridge_has_the_newest_histogram_at_the_bottom() -> None:
    points = histograms([10, 20], [[0, 1, 1], [1, 2, 0]], [[0, 1, 0], [1, 2, 4]])
    rows = texts(histogram_picture(points, "w", False, 44, 4, UNICODE))
    assert rows[0] == "w  2 histograms, step 20: 4 in 1 to 2"
    assert rows[1].split() == ["10", "█" * 20 + "█"] or rows[1].startswith("10 █")
    assert rows[2].startswith("20  ")
    assert rows[2].endswith("█")
    assert rows[3].split() == ["0", "1", "2"]


def test_a_map_has_steps_to_the_right_and_values_upwards() -> None:
    points = histograms([0, 9], [[0, 1, 5], [1, 2, 0]], [[0, 1, 0], [1, 2, 5]])
    rows = texts(histogram_picture(points, "w", True, 30, 7, UNICODE))
    assert rows[1].endswith("┤" + " " * 10 + "█" * 10)
    assert rows[4].endswith("┤" + "█" * 10)
    assert rows[6].split() == ["0", "9"]


@pytest.mark.parametrize("heat", [True, False])
def test_odd_histograms_are_drawn(heat: bool) -> None:
    odd = histograms([0, 1, 2], np.zeros((0, 3)), [[-np.inf, 0, 2], [0, np.inf, 1]], [[3, 3, 9]])
    for rows in (1, 2, 4, 12, 50):
        made = histogram_picture(odd, "w", heat, 60, rows, UNICODE)
        assert [cells(text_of(row)) for row in made] == [60] * rows


# Health


def test_health_names_the_first_bad_tensor_and_the_command() -> None:
    log = TensorHealth("net/log:0", 85, 1000, 0, 1, 0, -3.0, 0.0, 85)
    fine = TensorHealth("net/x:0", 85, 10, 0, 0, 0, 0.0, 1.0)
    health = Health([log, fine], [DumpHealth("/logs/it is/run_1", 85, 155, [log])])
    rows = texts(health_rows(health))
    assert rows[0] == "dump of step 85: 1 of 155 tensors are bad"
    assert rows[1] == "  first net/log:0  1 -inf of 1000"
    assert rows[2] == "  opscope debug '/logs/it is/run_1'"
    assert rows[-2].endswith("1 -inf of 1000, since @85")
    assert rows[-1].endswith("finite")
    assert health.bad


# Numbers, rows, writers


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0, "0"),
        (1234.5, "1234"),
        (1e-7, "1e-7"),
        (1e20, "1e20"),
        (np.nan, "NaN"),
        (-np.inf, "-inf"),
    ],
)
def test_numbers_are_short(value: float, written: str) -> None:
    assert scale.number(value) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0, "0s"), (0.02, "20ms"), (75, "1m15s"), (3900, "1h05m"), (90000, "1d1h"), (1e9, "32y")],
)
def test_durations_have_two_units(seconds: float, written: str) -> None:
    assert scale.duration(seconds) == written


def test_ticks_are_round_and_no_more_than_asked_for() -> None:
    assert scale.ticks(0, 85, 5) == [0, 20, 40, 60, 80]
    assert scale.ticks(1, 1, 5) == []
    for low, high in ((0, 1e-310), (-1e308, 1e308), (5, 5.0000001)):
        assert len(scale.ticks(low, high, 4)) <= 4


def test_wide_letters_count_twice() -> None:
    assert cells("損失") == 4
    assert cut("損失loss", 5) == "損失~"
    assert cut_left("損失loss", 5) == "~loss"
    assert (
        text_of(fitted([("", "損失")], 3)) == "損~"
        or cells(text_of(fitted([("", "損失")], 3))) == 3
    )
    assert [text_of(row) for row in wrapped([("", "abcdef")], 4, 1)] == ["abcd", " ef"]


def test_a_writer_is_live_silent_or_ended() -> None:
    assert Writer("f", 100.0).said(103.0) == "live, 3s ago"
    assert Writer("f", 100.0).state(200.0) == "silent"
    assert Writer("f", 100.0, 1, True).state(200.0) == "running"
    assert Writer("f", 100.0, 1, False).said(160.0) == "writer ended, wrote 1m00s ago"
