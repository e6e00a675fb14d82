"""A run's decoded columns as a dictionary that JSON can hold and arrays that stand beside it.

What is restored goes on where the saved run stopped: a file that has grown is read from there on.
"""

import base64
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from opscope.events.event_file import EventFile
from opscope.events.file_access import FileAccess
from opscope.events.file_points import FilePoints
from opscope.events.point_table import Group, PointTable
from opscope.events.run_reader import RunReader
from opscope.events.run_series import RunSeries
from opscope.events.series import Plugin
from opscope.events.series_numbers import SeriesName

Saved = dict[str, Any]
Array = npt.NDArray[np.generic]
Keep = Callable[[Array], int]
"""Takes an array; returns the number by which it is found again."""


def save_run(run: RunReader, keep: Keep) -> Saved:
    """All that is known of a run."""
    series = run.series
    numbers = series.numbers
    known = [*numbers.plugins.values(), *(name.plugin for name in numbers.names)]
    plugins = {plugin: number for number, plugin in enumerate(dict.fromkeys(known))}
    return {
        "version": series.file_version,
        "latest_step": series.latest_step,
        "with_graph": sorted(series.run_metadata_with_graph),
        "plugins": [_save_plugin(plugin) for plugin in plugins],
        "plugin_of": {tag: plugins[plugin] for tag, plugin in numbers.plugins.items()},
        "series": [
            (source, kind, tag, plugins[plugin]) for source, kind, tag, plugin in numbers.names
        ],
        "files": [
            {**file.save(), "points": _save_points(points, keep)}
            for file, points in zip(run.files, series.files, strict=True)
        ],
    }


def restore_run(saved: Saved, arrays: Sequence[Array], access: FileAccess) -> RunReader:
    """The run that was saved. Raises KeyError, TypeError, ValueError or IndexError for no such."""
    plugins = [_restore_plugin(each) for each in saved["plugins"]]
    series = RunSeries()
    series.file_version, series.latest_step = saved["version"], saved["latest_step"]
    series.run_metadata_with_graph = set(saved["with_graph"])
    series.numbers.restore(
        {tag: plugins[number] for tag, number in saved["plugin_of"].items()},
        [
            SeriesName(source, kind, tag, plugins[number])
            for source, kind, tag, number in saved["series"]
        ],
    )
    run = RunReader(access, series)
    for each in saved["files"]:
        number = series.add_file(_restore_points(each["points"], arrays))
        file = EventFile(each["path"], number, series, access)
        file.restore(each)
        run.add(file)
    return run


def _save_plugin(plugin: Plugin) -> list[str]:
    content = base64.b64encode(plugin.content).decode()
    return [plugin.name, content, plugin.display_name, plugin.description]


def _restore_plugin(saved: list[str]) -> Plugin:
    name, content, display_name, description = saved
    return Plugin(name, base64.b64decode(content), display_name, description)


def _save_points(points: FilePoints, keep: Keep) -> Saved:
    return {
        "scalars": [_save_group(group, keep) for group in points.scalars.groups],
        "payloads": [_save_group(group, keep) for group in points.payloads.groups],
        "restarts": list(points.restarts.items()),
    }


def _restore_points(saved: Saved, arrays: Sequence[Array]) -> FilePoints:
    points = FilePoints()
    points.scalars = PointTable([_restore_group(each, arrays) for each in saved["scalars"]])
    points.payloads = PointTable([_restore_group(each, arrays) for each in saved["payloads"]])
    points.restarts = dict(saved["restarts"])
    return points


def _save_group(group: Group, keep: Keep) -> list[int | None]:
    obsolete = None if group.obsolete is None else keep(group.obsolete)
    return [keep(group.series), keep(group.bounds), obsolete, *map(keep, group.columns)]


def _restore_group(saved: list[int | None], arrays: Sequence[Array]) -> Group:
    series, bounds, obsolete, *columns = (
        None if number is None else arrays[number] for number in saved
    )
    return Group(
        series,  # type: ignore[arg-type]
        bounds,  # type: ignore[arg-type]
        columns,  # type: ignore[arg-type]
        None if obsolete is None else obsolete.astype(np.bool_),
    )
