"""The files page: what else a logdir holds, run by run, to be played or taken along."""

from __future__ import annotations

import os
import posixpath
import re
import threading
import time
from dataclasses import replace
from typing import Any, BinaryIO

import flask

from opscope.dashboard.logdir_files import (
    ListedFile,
    RefusedError,
    list_files,
    open_inside,
    pieces,
)
from opscope.dashboard.media_type import clip_type
from opscope.dashboard.page import Page
from opscope.dashboard.pages.card_frame import STEP_CARD_ASSETS, card_page
from opscope.dashboard.responses import (
    blob_response,
    error_response,
    json_response,
    required,
    stream_response,
    whole_number,
)
from opscope.dashboard.store import Store
from opscope.dashboard.tag_index import require_tag
from opscope.dashboard.tag_payload import described, download, tags_of_run
from opscope.dashboard.tag_points import MOST_INDEX, point_of
from opscope.events import LogdirError, TensorProtoError, payload
from opscope.events import kind as kinds
from opscope.events.file_access import is_url
from opscope.events.nearest_run import nearest_run

LOGDIR_ITSELF = "."  # where there are no runs, the card of all files has this name
LOOKED_AT = 50  # files, to see whether there is one that can be listed
LISTED_FOR = 5.0  # seconds; a page asks once for every run, and a walk takes its time


class FileList:
    """The files of a logdir by run, listed anew when they are asked for after a while."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listed = -LISTED_FOR
        self._by_run: dict[str | None, list[ListedFile]] = {}
        self._more = False

    def of_run(self, store: Store, run: str) -> tuple[list[ListedFile], bool]:
        """The files nearest to a run, and whether the logdir has more than were looked at.

        Without runs, all of them are those of LOGDIR_ITSELF.
        """
        with store.reading() as logdir:
            runs, dumps = logdir.runs(), logdir.dump_roots
        with self._lock:  # and not the store's: a reload does not wait for this walk
            if time.monotonic() - self._listed >= LISTED_FOR:
                self._list(store, runs, dumps)
                self._listed = time.monotonic()
            return self._by_run.get(run if run in runs else None, []), self._more

    def _list(self, store: Store, runs: list[str], dumps: list[str]) -> None:
        self._by_run, self._more = {}, False
        for prefix, path in store.folders:
            if is_url(path) or not os.path.isdir(path):
                continue
            found, more = list_files(path, dumps)
            self._more |= more
            nearest: dict[str, str | None] = {}
            for file in found:
                inside = file.name if file.kind == "tfdbg dump" else posixpath.dirname(file.name)
                folder = posixpath.normpath(prefix + inside)
                if folder not in nearest:
                    nearest[folder] = nearest_run(folder, runs)
                named = replace(file, name=prefix + file.name)
                self._by_run.setdefault(nearest[folder], []).append(named)


def layout(_: Store) -> Any:
    """An empty split page; assets/files.js fills it from the routes below."""
    return card_page("files", "Files")


def routes(server: flask.Flask, store: Store) -> None:
    """The runs; tags and files of one; a point's facts, clip and bytes; a file."""
    listed = FileList()

    @server.get("/api/files/tags")
    def file_index() -> flask.Response:
        with store.reading() as logdir:
            runs = logdir.runs() or [LOGDIR_ITSELF]
            colours = store.colours.of(runs)
        return json_response(
            {
                "runs": [{"run": run, "colour": colours[run]} for run in runs],
                "tags": [{"tag": run, "runs": [run], "description": ""} for run in runs],
            }
        )

    @server.get("/api/files/run")
    def files_of_run() -> flask.Response:
        run = required("run")
        every = flask.request.args.get("every") == "1"
        with store.reading() as logdir:
            runs = logdir.runs()
            if run not in [LOGDIR_ITSELF, *runs]:  # the first run may have come just now
                return error_response(404, f"no run named {run!r}; /data/runs lists the runs")
            tags = tags_of_run(logdir, run, every) if run in runs else []
        files, more = listed.of_run(store, run)
        return json_response(
            {
                "tags": tags,
                "files": files,
                "more": more,
                "remote": any(is_url(path) for _, path in store.folders),
            }
        )

    @server.get("/api/files/point")
    def file_point() -> flask.Response:
        run, tag, kind = required("run"), required("tag"), required("kind")
        with store.reading() as logdir:
            require_tag(logdir, run, tag, kind)
            index = whole_number("index", None, 0, MOST_INDEX)
            return json_response(described(logdir, run, tag, kind, index))

    @server.get("/api/files/clip")
    def clip() -> flask.Response:
        run, tag = required("run"), required("tag")
        with store.reading() as logdir:
            require_tag(logdir, run, tag, kinds.AUDIO)
            plugin = logdir.plugin(run, tag)
        clips = point_of(store, kinds.AUDIO, lambda value: payload.audio(value, plugin)).encoded
        number = whole_number("clip", 0, 0, MOST_INDEX)
        if number >= len(clips):
            return error_response(404, f"no clip {number}: there are {len(clips)}")
        media_type = clip_type(clips[number])
        if media_type is None:
            return error_response(415, f"no WAV, Ogg, FLAC or MP3: {clips[number][:8]!r}")
        return blob_response(clips[number], media_type)

    @server.get("/api/files/payload")
    def point_payload() -> flask.Response:
        run, tag, kind = required("run"), required("tag"), required("kind")
        form = flask.request.args.get("form", "message")
        index = whole_number("index", 0, 0, MOST_INDEX)
        with store.reading() as logdir:
            require_tag(logdir, run, tag, kind)
            try:
                found = download(logdir, run, tag, kind, index, form)
            except LogdirError as error:
                return error_response(404, str(error))
            except TensorProtoError as error:
                return error_response(422, str(error))
        name = re.sub(r"[^\w.-]+", "_", f"{run}_{tag}_{index}").strip("._") or "payload"
        return blob_response(found.data, None, name + found.ending)

    @server.get("/api/files/file")
    def one_file() -> flask.Response:
        name = required("name")
        folders = [(prefix, path) for prefix, path in store.folders if name.startswith(prefix)]
        if folders and all(is_url(path) for _, path in folders):
            return error_response(404, "files of a logdir behind a URL are not given out")
        try:
            file = _opened(folders, name)
        except RefusedError as error:
            return error_response(404, str(error))
        size = os.fstat(file.fileno()).st_size
        response = stream_response(pieces(file, size), size, posixpath.basename(name))
        response.call_on_close(file.close)
        return response


def _opened(folders: list[tuple[str, str]], name: str) -> BinaryIO:
    """The file of that name in the first folder that has it; RefusedError where none does."""
    refused = RefusedError(f"not a file of the logdir: {name!r}")
    for prefix, path in folders:
        try:
            if not is_url(path):
                return open_inside(path, name.removeprefix(prefix))
        except RefusedError as error:
            refused = error
    raise refused


def _has_any(store: Store) -> bool:
    with store.reading() as logdir:
        if logdir.runs():
            return True
    # An event file without a run is about to be read, and belongs to other pages first.
    folders = [path for _, path in store.folders if not is_url(path) and os.path.isdir(path)]
    found = [file for path in folders for file in list_files(path, most=LOOKED_AT)[0]]
    return any(file.kind != "event file" for file in found)


PAGE = Page(
    path="/files",
    title="Files",
    icon="files",
    order=90,
    has_data=_has_any,
    layout=layout,
    routes=routes,
    assets=(*STEP_CARD_ASSETS, "files.css", "file_card.js", "files.js"),
    early=True,
    asks="/api/files/tags",
)
