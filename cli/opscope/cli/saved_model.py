"""Shows the graphs and signatures of a SavedModel, or runs a signature on given values."""

from __future__ import annotations

import argparse
import ast
import json
import os
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from opscope.cli.inspect import printable
from opscope.cli.saved_model_text import described, model_text, signature_lines, tag_sets_text
from opscope.events.proto.meta_graph_pb2 import MetaGraphDef, SignatureDef

EXIT_FAILED = 1
EXIT_UNUSABLE = 2


class _UnusableError(Exception):
    """The folder or an argument cannot be used; the text says why."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions `show` and `run`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    show = actions.add_parser(
        "show",
        help="print the tag sets, or the signatures of one",
        description="Print the tag sets of a SavedModel; with --tag_set the signatures of that "
        "graph; with --signature_def the inputs and outputs of one; with --all everything.",
    )
    show.add_argument("--all", action="store_true", help="print every graph with its signatures")
    show.add_argument("--json", action="store_true", help="print JSON, and nothing but JSON")
    run = actions.add_parser(
        "run",
        help="compute the outputs of a signature",
        description="Load a graph with its variables, feed the inputs of a signature and print its "
        "outputs. Each input is given by --inputs or --input_exprs.",
    )
    for action in (show, run):
        action.add_argument("--dir", required=True, help="the folder of the SavedModel")
        action.add_argument(
            "--tag_set",
            metavar="TAGS",
            default=None if action is show else "serve",
            help="the tags of the graph, separated by commas"
            + ("" if action is show else " (default: serve)"),
        )
        action.add_argument(
            "--signature_def",
            metavar="KEY",
            default=None if action is show else "serving_default",
            help="the key of the signature"
            + ("" if action is show else " (default: serving_default)"),
        )
    run.add_argument(
        "--inputs",
        metavar="X=FILE",
        action="append",
        default=[],
        help="an input from a .npy file, or `X=FILE.npz[KEY]`; may be repeated",
    )
    run.add_argument(
        "--input_exprs",
        metavar="X=VALUE",
        action="append",
        default=[],
        help="an input as a Python literal, such as `x=[[1.0, 2.0]]`; may be repeated",
    )
    run.add_argument("--outdir", help="also save each output as OUTDIR/KEY.npy")
    run.add_argument(
        "--overwrite", action="store_true", help="replace files in OUTDIR that exist already"
    )
    run.add_argument("--json", action="store_true", help="print JSON, and nothing but JSON")


def run(args: argparse.Namespace) -> int:
    """Do the action.

    Returns 0, or 1 where the graph failed to run, or 2 where the model or an argument cannot be
    used.
    """
    from opscope.runtime.errors import OpError

    try:
        return _show(args) if args.action == "show" else _run(args)
    except _UnusableError as error:
        print(f"opscope saved_model: {printable(str(error))}", file=sys.stderr)
        return EXIT_UNUSABLE
    except OpError as error:
        print(f"opscope saved_model: {error}", file=sys.stderr)
        return EXIT_FAILED


def _graph(folder: str, tag_set: str) -> MetaGraphDef:
    from opscope.runtime.saved_model.loader import find_meta_graph

    try:
        return find_meta_graph(_model(folder), tag_set.split(","))
    except RuntimeError as error:
        raise _UnusableError(str(error)) from None


def _model(folder: str) -> Any:
    from opscope.runtime.saved_model.loader import read_saved_model

    try:
        return read_saved_model(folder)
    except OSError as error:
        raise _UnusableError(str(error)) from None


def _signature(graph: MetaGraphDef, key: str) -> SignatureDef:
    if key not in graph.signature_def:
        known = ", ".join(sorted(graph.signature_def)) or "none"
        raise _UnusableError(f"the graph has no signature {key!r}; it has: {known}")
    return graph.signature_def[key]


def _show(args: argparse.Namespace) -> int:
    if args.tag_set is None:
        model = _model(args.dir)
        if args.json:
            print(json.dumps([described(graph) for graph in model.meta_graphs], indent=2))
        else:
            print(model_text(model) if args.all else tag_sets_text(model), end="")
        return 0
    graph = _graph(args.dir, args.tag_set)
    if args.json:
        print(json.dumps(described(graph), indent=2))
    elif args.signature_def is not None:
        signature = _signature(graph, args.signature_def)
        print("\n".join(signature_lines(signature)))
    else:
        print("The given SavedModel MetaGraphDef contains SignatureDefs with the following keys:")
        for key in sorted(graph.signature_def):
            print(f'SignatureDef key: "{printable(key)}"')
    return 0


def _run(args: argparse.Namespace) -> int:
    import opscope.runtime as tf

    graph = _graph(args.dir, args.tag_set)
    signature = _signature(graph, args.signature_def)
    given = {**_from_files(args.inputs), **_from_literals(args.input_exprs)}
    wrong = set(given) ^ set(signature.inputs)
    if wrong:
        raise _UnusableError(
            f"the signature takes the inputs {', '.join(sorted(signature.inputs))}; "
            f"given were {', '.join(sorted(given)) or 'none'}"
        )
    with tf.Graph().as_default(), tf.Session() as session:
        try:
            tf.saved_model.load(session, args.tag_set.split(","), args.dir)
        except (OSError, NotImplementedError, ValueError) as error:
            raise _UnusableError(str(error)) from None
        fetches = {key: info.name for key, info in signature.outputs.items()}
        feeds = {signature.inputs[key].name: value for key, value in given.items()}
        try:
            values = session.run(fetches, feeds)
        except (TypeError, ValueError, KeyError) as error:
            raise _UnusableError(str(error)) from None
    _print(values, args.json)
    if args.outdir is not None:
        _save(values, args.outdir, args.overwrite)
    return 0


def _from_files(items: list[str]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for item in (part for each in items for part in each.split(";") if part):
        key, equals, text = item.partition("=")
        if not equals:
            raise _UnusableError(f"--inputs {item!r}: write NAME=FILE")
        path, bracket, member = text.partition("[")
        try:
            loaded = np.load(path, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                given[key] = loaded
            else:
                names = loaded.files
                given[key] = loaded[member.rstrip("]") if bracket else names[0]]
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise _UnusableError(f"--inputs {item!r}: {error}") from None
    return given


def _from_literals(items: list[str]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for item in (part for each in items for part in each.split(";") if part):
        key, equals, text = item.partition("=")
        try:
            if not equals:
                raise ValueError("write NAME=VALUE")
            given[key] = ast.literal_eval(text)
        except (ValueError, SyntaxError) as error:
            raise _UnusableError(
                f"--input_exprs {item!r}: not a Python literal such as [[1.0, 2.0]] ({error})"
            ) from None
    return given


def _print(values: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps({key: _plain(np.asarray(value)) for key, value in values.items()}))
        return
    for key, value in values.items():
        print(f"Result for output key {printable(key)}:\n{value}")


def _plain(array: np.ndarray[Any, np.dtype[Any]]) -> Any:
    """An array as lists that JSON can hold: bytes as text, complex and odd floats as text."""
    if array.dtype.kind in "biu":
        return array.tolist()
    if array.dtype.kind == "f" and np.isfinite(array).all():
        return array.tolist()
    if array.dtype.kind in "OS":
        texts = [bytes(b).decode(errors="backslashreplace") for b in array.ravel().tolist()]
    else:
        texts = [str(v) for v in array.ravel().tolist()]
    return np.array(texts, object).reshape(array.shape).tolist()


def _save(values: Mapping[str, Any], folder: str, overwrite: bool) -> None:
    os.makedirs(folder, exist_ok=True)
    for key, value in values.items():
        path = os.path.join(folder, f"{os.path.basename(key)}.npy")
        if os.path.exists(path) and not overwrite:
            raise _UnusableError(f"{path} exists; --overwrite replaces it")
        array = np.asarray(value)
        np.save(path, array.astype(np.bytes_) if array.dtype.kind == "O" else array)
        print(f"Output {printable(key)} is saved to {path}", file=sys.stderr)
