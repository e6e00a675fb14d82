"""Writes a training's curves, pictures, texts and graphs for the dashboard and TensorBoard."""

import os
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from opscope.events.event_file_writer import FILE_VERSION
from opscope.events.proto.event_pb2 import Event, SessionLog, TaggedRunMetadata
from opscope.events.proto.summary_pb2 import HistogramProto, Summary
from opscope.events.run_files import RunFiles
from opscope.events.summaries.audio import audio_proto
from opscope.events.summaries.embedding import write_embedding
from opscope.events.summaries.graph import serialized_graph
from opscope.events.summaries.histogram import Bins, histogram_proto
from opscope.events.summaries.host_array import host_array, number
from opscope.events.summaries.hparams import hparams_summaries
from opscope.events.summaries.image import figure_pixels, image_proto, video_proto
from opscope.events.summaries.layout import Charts, layout_value
from opscope.events.summaries.mesh import mesh_summary
from opscope.events.summaries.plugin_value import plugin_value
from opscope.events.summaries.pr_curve import pr_curve, pr_curve_value
from opscope.events.summaries.text import text_value


class SummaryWriter:
    """Writes summaries into an event file, with the method names of PyTorch's `SummaryWriter`.

    Needs no framework: arrays may be NumPy's, PyTorch's, CuPy's, TensorFlow's or sequences of
    numbers. `global_step` is an int64 (default 0), `walltime` seconds since the epoch (default:
    now). Values are taken when a method is called; a thread writes them. `flush()` returning means
    that a killed process loses nothing added before. Safe to use from several threads.

    `log_dir` defaults to `runs/<time>_<host><comment>`. With `purge_step`, what an earlier writer
    wrote into the folder for this step and later ones is hidden. Adding after `close()` begins
    another file. `max_queue`, `flush_secs` and `filename_suffix` are `EventFileWriter`'s.
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] | None = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: float = 120,
        filename_suffix: str = "",
    ):
        if not log_dir:
            now = datetime.now().strftime("%b%d_%H-%M-%S")
            log_dir = os.path.join("runs", f"{now}_{socket.gethostname()}{comment}")
        self.log_dir = os.fspath(log_dir)
        self._files = RunFiles(self.log_dir, max_queue, flush_secs, filename_suffix)
        if purge_step is not None:
            self._add(Event(file_version=FILE_VERSION), purge_step, None)
            self._add(Event(session_log={"status": SessionLog.START}), purge_step, None)

    def get_logdir(self) -> str:
        """The folder that the event file is in."""
        return self.log_dir

    # Numbers

    def add_scalar(
        self,
        tag: str,
        scalar_value: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        new_style: bool = False,
        double_precision: bool = False,
    ) -> None:
        """Add one number: a float, or an array of one element. It is kept as float32.

        `new_style` writes TensorFlow 2's form, a tensor, and only that can be of
        `double_precision`.
        """
        value = scalar_value if type(scalar_value) is float else number(scalar_value)
        step = global_step if type(global_step) is int else int(global_step or 0)
        if new_style and double_precision:
            self._add_value(plugin_value(tag, "scalars", array=np.array(value)), step, walltime)
            return
        (self._files.own or self._files.reopen()).add_scalar(tag, value, step, walltime, new_style)

    def add_scalars(
        self,
        main_tag: str,
        tag_scalar_dict: Mapping[str, Any],
        global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        """Add several numbers to be shown as one chart: tag `main_tag` of a run for each key.

        The run's folder is `LOG_DIR/<main_tag with _ for />_<key>`.
        """
        walltime = time.time() if walltime is None else walltime
        for key, value in tag_scalar_dict.items():
            file = self._files.below(main_tag.replace("/", "_") + "_" + key)
            file.add_scalar(main_tag, number(value), int(global_step or 0), walltime)

    def add_tensor(
        self, tag: str, tensor: Any, global_step: int | None = None, walltime: float | None = None
    ) -> None:
        """Add an array of any dtype and shape as it is."""
        value = plugin_value(tag, "tensor", array=host_array(tensor))
        self._add_value(value, global_step, walltime)

    def add_histogram(
        self,
        tag: str,
        values: Any,
        global_step: int | None = None,
        bins: Bins = "tensorflow",
        walltime: float | None = None,
        max_bins: int | None = None,
    ) -> None:
        """Add the distribution of an array's finite values, see `histogram_proto` for the bins."""
        histogram = histogram_proto(host_array(values), bins, max_bins)
        self._add_value(Summary.Value(tag=tag, histo=histogram), global_step, walltime)

    def add_histogram_raw(
        self,
        tag: str,
        min: float,  # noqa: A002 (PyTorch's names)
        max: float,  # noqa: A002
        num: float,
        sum: float,  # noqa: A002
        sum_squares: float,
        bucket_limits: Any,
        bucket_counts: Any,
        global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        """Add a distribution that is counted already: upper limits and counts, one per bucket."""
        limits, counts = host_array(bucket_limits), host_array(bucket_counts)
        if limits.shape != counts.shape or limits.ndim != 1:
            raise ValueError(f"{limits.shape} bucket limits, but {counts.shape} counts")
        histogram = HistogramProto(min=min, max=max, num=num, sum=sum, sum_squares=sum_squares)
        histogram.bucket_limit.extend(limits)
        histogram.bucket.extend(counts)
        self._add_value(Summary.Value(tag=tag, histo=histogram), global_step, walltime)

    def add_pr_curve(
        self,
        tag: str,
        labels: Any,
        predictions: Any,
        global_step: int | None = None,
        num_thresholds: int = 127,
        weights: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Add the precision-recall curve of true-or-false labels and predictions from 0 to 1."""
        weights = None if weights is None else host_array(weights)
        curve = pr_curve(host_array(labels), host_array(predictions), num_thresholds, weights)
        self._add_value(pr_curve_value(tag, curve), global_step, walltime)

    def add_pr_curve_raw(
        self,
        tag: str,
        true_positive_counts: Any,
        false_positive_counts: Any,
        true_negative_counts: Any,
        false_negative_counts: Any,
        precision: Any,
        recall: Any,
        global_step: int | None = None,
        num_thresholds: int = 127,
        weights: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Add a precision-recall curve that is computed already: a number per threshold each.

        There are as many thresholds as numbers; `num_thresholds` and `weights` are PyTorch's and
        change nothing.
        """
        positives = (true_positive_counts, false_positive_counts)
        negatives = (true_negative_counts, false_negative_counts)
        rows = (*positives, *negatives, precision, recall)
        curve = np.stack([host_array(row) for row in rows])
        self._add_value(pr_curve_value(tag, curve), global_step, walltime)

    # Pictures and sound

    def add_image(
        self,
        tag: str,
        img_tensor: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        dataformats: str = "CHW",
    ) -> None:
        """Add a picture: floats from 0 to 1 or integers from 0 to 255, 1, 3 or 4 channels.

        `dataformats` names the axes: CHW, HWC, HW, and with N for a batch, shown as a grid.
        """
        image = image_proto(host_array(img_tensor), dataformats)
        self._add_value(Summary.Value(tag=tag, image=image), global_step, walltime)

    def add_images(
        self,
        tag: str,
        img_tensor: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        dataformats: str = "NCHW",
    ) -> None:
        """Add a batch of pictures as a grid of eight columns, see `add_image`."""
        self.add_image(tag, img_tensor, global_step, walltime, dataformats)

    def add_image_with_boxes(
        self,
        tag: str,
        img_tensor: Any,
        box_tensor: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        rescale: float = 1,
        dataformats: str = "CHW",
        labels: str | Sequence[str] | None = None,
    ) -> None:
        """Add a picture with red boxes [n, 4] of xmin, ymin, xmax, ymax in pixels, and labels."""
        boxes = host_array(box_tensor).reshape(-1, 4)
        labels = [labels] if isinstance(labels, str) else labels
        if labels is not None and len(labels) != len(boxes):
            raise ValueError(f"{len(boxes)} boxes, but {len(labels)} labels")
        image = image_proto(host_array(img_tensor), dataformats, rescale, boxes, labels)
        self._add_value(Summary.Value(tag=tag, image=image), global_step, walltime)

    def add_figure(
        self,
        tag: str,
        figure: Any,
        global_step: int | None = None,
        close: bool = True,
        walltime: float | None = None,
    ) -> None:
        """Add a matplotlib figure, or a list of them as a grid, and `close` it."""
        figures = figure if isinstance(figure, list) else [figure]
        shown = np.stack([figure_pixels(each) for each in figures])
        pyplot = sys.modules.get("matplotlib.pyplot")  # which alone keeps figures open
        if close and pyplot is not None:
            for each in figures:
                pyplot.close(each)
        self.add_image(tag, shown, global_step, walltime, "NHWC")

    def add_video(
        self,
        tag: str,
        vid_tensor: Any,
        global_step: int | None = None,
        fps: float = 4,
        walltime: float | None = None,
    ) -> None:
        """Add videos [n, time, channels, height, width] side by side as one animated GIF."""
        image = video_proto(host_array(vid_tensor), fps)
        self._add_value(Summary.Value(tag=tag, image=image), global_step, walltime)

    def add_audio(
        self,
        tag: str,
        snd_tensor: Any,
        global_step: int | None = None,
        sample_rate: int = 44100,
        walltime: float | None = None,
    ) -> None:
        """Add mono sound [1, length] of samples between -1 and 1; `sample_rate` in Hz."""
        audio = audio_proto(host_array(snd_tensor), sample_rate)
        self._add_value(Summary.Value(tag=tag, audio=audio), global_step, walltime)

    # Texts and structure

    def add_text(
        self,
        tag: str,
        text_string: Any,
        global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        """Add Markdown, a str or an array of them, under the tag `TAG/text_summary`."""
        self._add_value(text_value(tag, text_string), global_step, walltime)

    def add_hparams(
        self,
        hparam_dict: Mapping[str, Any],
        metric_dict: Mapping[str, Any],
        hparam_domain_discrete: Mapping[str, Sequence[Any]] | None = None,
        run_name: str | None = None,
        global_step: int | None = None,
    ) -> None:
        """Add a set of hyperparameters and what they led to, as a run of its own.

        The run is `LOG_DIR/run_name` (default: the time); it gets a scalar for each metric.
        """
        summaries = hparams_summaries(hparam_dict, list(metric_dict), hparam_domain_discrete)
        folder = os.path.join(self.log_dir, run_name or str(time.time()))
        with SummaryWriter(folder) as writer:
            for summary in summaries:
                writer._add(Event(summary=summary), global_step, None)
            for tag, value in metric_dict.items():
                writer.add_scalar(tag, value, global_step)

    def add_graph(
        self,
        graph: Any,
        run_metadata: bytes | None = None,
        global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        """Add a GraphDef or what has one, and a serialized RunMetadata under the tag `step1`."""
        self._add(Event(graph_def=serialized_graph(graph)), global_step, walltime)
        if run_metadata is not None:
            tagged = TaggedRunMetadata(tag="step1", run_metadata=run_metadata)
            self._add(Event(tagged_run_metadata=tagged), global_step, walltime)

    def add_custom_scalars(self, layout: Mapping[str, Charts]) -> None:
        """Arrange curves: `{category: {chart: ["Multiline", tags]}}`.

        `["Margin", [value, lower, upper]]` shows a curve in a band. Call once per run.
        """
        self._add_value(layout_value(layout), None, None)

    def add_custom_scalars_multilinechart(
        self, tags: Sequence[str], category: str = "default", title: str = "untitled"
    ) -> None:
        """Arrange several tags as one chart; instead of `add_custom_scalars`."""
        self.add_custom_scalars({category: {title: ["Multiline", tags]}})

    def add_custom_scalars_marginchart(
        self, tags: Sequence[str], category: str = "default", title: str = "untitled"
    ) -> None:
        """Arrange three tags as a value in a band; instead of `add_custom_scalars`."""
        self.add_custom_scalars({category: {title: ["Margin", tags]}})

    def add_mesh(
        self,
        tag: str,
        vertices: Any,
        colors: Any = None,
        faces: Any = None,
        config_dict: Mapping[str, Any] | None = None,
        global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        """Add meshes or point clouds, arrays [batch, n, 3].

        `vertices` are coordinates, `colors` 0 to 255 for each, `faces` three vertex numbers each;
        `config_dict` holds three.js classes and their settings.
        """
        points, shades, triangles = (
            None if part is None else host_array(part) for part in (vertices, colors, faces)
        )
        if points is None:
            raise ValueError(f"tag {tag!r}: a mesh has vertices")
        summary = mesh_summary(tag, points, shades, triangles, config_dict)
        self._add(Event(summary=summary), global_step, walltime)

    def add_embedding(
        self,
        mat: Any,
        metadata: Sequence[Any] | None = None,
        label_img: Any = None,
        global_step: int | None = None,
        tag: str = "default",
        metadata_header: Sequence[str] | None = None,
    ) -> None:
        """Add points [n, dimensions] for the projector, see `write_embedding`. Written at once."""
        pictures = None if label_img is None else host_array(label_img)
        step = int(global_step or 0)
        points = host_array(mat)
        write_embedding(self.log_dir, tag, step, points, metadata, metadata_header, pictures)

    # The file

    def flush(self) -> None:
        """Return when everything added so far is with the operating system."""
        self._files.flush()

    def close(self) -> None:
        """Write everything and close the files; closing twice is harmless."""
        self._files.close()

    def __enter__(self) -> "SummaryWriter":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _add(self, event: Event, step: int | None, walltime: float | None) -> None:
        event.wall_time = time.time() if walltime is None else walltime
        event.step = int(step or 0)
        (self._files.own or self._files.reopen()).add_event(event)

    def _add_value(self, value: Summary.Value, step: int | None, walltime: float | None) -> None:
        self._add(Event(summary=Summary(value=[value])), step, walltime)
