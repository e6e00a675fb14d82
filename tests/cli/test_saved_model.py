"""`opscope saved_model`: what it shows and computes of TensorFlow's model, and what it refuses."""

import json
from argparse import ArgumentParser
from pathlib import Path

import numpy as np
import pytest

from opscope.cli import saved_model

FIXTURES = Path(__file__).parents[1] / "data/runtime/checkpoints"
MODEL = str(FIXTURES / "saved_model")
SIGNATURE = """\
The given SavedModel SignatureDef contains the following input(s):
  inputs['x'] tensor_info:
      dtype: DT_FLOAT
      shape: (-1, 4)
      name: x:0
The given SavedModel SignatureDef contains the following output(s):
  outputs['y'] tensor_info:
      dtype: DT_FLOAT
      shape: (-1, 3)
      name: y:0
Method name is: tensorflow/serving/predict
"""


def run(*arguments: str) -> int:
    parser = ArgumentParser()
    saved_model.add_arguments(parser)
    return saved_model.run(parser.parse_args(arguments))


def expected() -> np.ndarray:
    return np.reshape(json.loads((FIXTURES / "expected.json").read_text())["y"], (2, 3))


def test_the_tag_sets_are_shown(capsys):
    assert run("show", "--dir", MODEL) == 0
    assert capsys.readouterr().out == (
        "The given SavedModel contains the following tag-sets:\n'serve'\n"
    )


def test_the_signatures_of_a_graph_are_shown(capsys):
    assert run("show", "--dir", MODEL, "--tag_set", "serve") == 0
    assert capsys.readouterr().out.splitlines()[1:] == ['SignatureDef key: "serving_default"']


def test_one_signature_is_shown_in_tensorflows_words(capsys):
    arguments = ["--dir", MODEL, "--tag_set", "serve", "--signature_def", "serving_default"]
    assert run("show", *arguments) == 0
    assert capsys.readouterr().out == SIGNATURE


def test_everything_is_shown(capsys):
    assert run("show", "--dir", MODEL, "--all") == 0
    out = capsys.readouterr().out
    assert "MetaGraphDef with tag-set: 'serve' contains the following SignatureDefs:" in out
    assert "signature_def['serving_default']:\n  The given SavedModel SignatureDef" in out
    assert "contains the following ops: AddV2, ApplyAdam, Assign," in out


def test_json_is_json_only(capsys):
    assert run("show", "--dir", MODEL, "--json") == 0
    (graph,) = json.loads(capsys.readouterr().out)
    assert graph["tags"] == ["serve"]
    assert graph["signatures"]["serving_default"]["inputs"] == {
        "x": {"name": "x:0", "dtype": "DT_FLOAT", "shape": [-1, 4]}
    }


def test_a_signature_is_run_on_a_literal(capsys):
    literal = "x=[[0, 1, 2, 3], [4, 5, 6, 7]]"
    assert run("run", "--dir", MODEL, "--input_exprs", literal, "--json") == 0
    values = json.loads(capsys.readouterr().out)
    np.testing.assert_allclose(values["y"], expected(), rtol=1e-5)


def test_a_signature_is_run_on_files_and_its_outputs_are_saved(tmp_path, capsys):
    x = np.arange(8, dtype=np.float32).reshape(2, 4)
    np.save(tmp_path / "x.npy", x)
    np.savez(tmp_path / "x.npz", other=x * 0, x=x)
    out = str(tmp_path / "out")
    for source in ("x.npy", "x.npz[x]"):
        given = f"x={tmp_path / source}"
        arguments = ["--dir", MODEL, "--inputs", given, "--outdir", out, "--overwrite"]
        assert run("run", *arguments) == 0
        assert capsys.readouterr().out.startswith("Result for output key y:\n[[")
        np.testing.assert_allclose(np.load(tmp_path / "out/y.npy"), expected(), rtol=1e-5)
    assert run("run", "--dir", MODEL, "--inputs", given, "--outdir", out) == 2
    assert "--overwrite" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "--dir", "/nowhere"], "SavedModel file does not exist at: /nowhere"),
        (["show", "--dir", MODEL, "--tag_set", "a,b"], "tags 'a, b' could not be found"),
        (["run", "--dir", MODEL, "--signature_def", "f"], "no signature 'f'; it has: serving_de"),
        (["run", "--dir", MODEL], "takes the inputs x; given were none"),
        (["run", "--dir", MODEL, "--input_exprs", "x=np.ones(3)"], "not a Python literal"),
        (["run", "--dir", MODEL, "--input_exprs", "x"], "write NAME=VALUE"),
        (["run", "--dir", MODEL, "--input_exprs", "x=[1.0]"], "Cannot feed value of shape"),
        (["run", "--dir", MODEL, "--inputs", "x=/nowhere.npy"], "No such file"),
        (["run", "--dir", MODEL, "--inputs", "x"], "write NAME=FILE"),
    ],
)
def test_what_cannot_be_used_is_said(capsys, arguments, message):
    assert run(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert err.startswith("opscope saved_model: ")


def test_pickles_are_not_loaded(tmp_path, capsys):
    np.save(tmp_path / "x.npy", np.array([{}], object), allow_pickle=True)
    assert run("run", "--dir", MODEL, "--inputs", f"x={tmp_path / 'x.npy'}") == 2
    assert "allow_pickle" in capsys.readouterr().err
