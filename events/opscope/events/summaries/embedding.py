"""Embeddings for TensorBoard's projector: text files in the run's folder, named in its config."""

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from google.protobuf import text_format

from opscope.events.error import EventWriterError
from opscope.events.logdir_tree import PROJECTOR_CONFIG
from opscope.events.proto.projector_pb2 import EmbeddingInfo, ProjectorConfig
from opscope.events.summaries.image import grid, pixels, png


def write_embedding(
    logdir: str | os.PathLike[str],
    tag: str,
    step: int,
    points: npt.NDArray[Any],
    labels: Sequence[Any] | None,
    header: Sequence[str] | None,
    pictures: npt.NDArray[Any] | None,
) -> None:
    """Write an embedding's files in `STEP/TAG` and add it to `projector_config.pbtxt`.

    `points` is [n, dimensions]. `labels` has a label for each, or with `header` a row for each;
    `pictures` [n, channels, height, width] has one for each. An embedding of the same tag and step
    is replaced.
    """
    if points.ndim != 2:
        raise ValueError(f"an embedding is [n, dimensions], this is {points.shape}")
    for name, given in (("labels", labels), ("pictures", pictures)):
        if given is not None and len(given) != len(points):
            raise ValueError(f"{len(points)} points, but {len(given)} {name}")
    folder = f"{step:05d}/{_file_name(tag)}"
    root = Path(logdir)
    (root / folder).mkdir(parents=True, exist_ok=True)
    info = EmbeddingInfo(tensor_name=f"{tag}:{step:05d}", tensor_path=f"{folder}/tensors.tsv")
    _write_rows(root / info.tensor_path, points.tolist())
    if labels is not None:
        info.metadata_path = f"{folder}/metadata.tsv"
        rows = [header, *labels] if header else [[label] for label in labels]
        _write_rows(root / info.metadata_path, rows)
    if pictures is not None:
        info.sprite.image_path = f"{folder}/sprite.png"
        info.sprite.single_image_dim.extend([pictures.shape[3], pictures.shape[2]])
        (root / info.sprite.image_path).write_bytes(_sprite(pictures))
    _add_to_config(root / PROJECTOR_CONFIG, info)


def _file_name(tag: str) -> str:
    for character in "%/\\":
        tag = tag.replace(character, f"%{ord(character):02x}")
    return tag.replace(".", "%2e") if tag.strip(".") == "" else tag or "%"


def _write_rows(path: Path, rows: Sequence[Sequence[Any]]) -> None:
    # A tab or line break in a label would be read as the next label.
    lines = ("\t".join(" ".join(str(cell).split()) for cell in row) for row in rows)
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8", newline="\n")


def _sprite(pictures: npt.NDArray[Any]) -> bytes:
    """One square PNG of all pictures, row by row."""
    from PIL import Image

    columns = math.ceil(math.sqrt(len(pictures)))
    batch = np.stack([pixels(picture, "CHW") for picture in pictures])
    square = np.zeros((columns**2, *batch.shape[1:]), dtype=np.uint8)
    square[: len(batch)] = batch
    return png(Image.fromarray(grid(square, columns)))


def _add_to_config(path: Path, info: EmbeddingInfo) -> None:
    config = ProjectorConfig()
    if path.exists():
        try:
            text_format.Parse(path.read_text(encoding="utf-8"), config)
        except (text_format.ParseError, UnicodeDecodeError) as error:
            raise EventWriterError(f"{path} is no projector config: {error}") from error
    others = [each for each in config.embeddings if each.tensor_name != info.tensor_name]
    del config.embeddings[:]
    config.embeddings.extend([*others, info])
    path.write_text(text_format.MessageToString(config), encoding="utf-8")
