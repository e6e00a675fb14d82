"""Every example runs to its end, at a small size."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PORTIONS = ("events", "runtime", "tfdbg", "dashboard", "cli")
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / name) for name in PORTIONS)}


def example(name: str, *arguments: str, typed: str = "") -> str:
    """What an example printed."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / name), *arguments],
        env=ENVIRONMENT,
        input=typed,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("name", "steps", "least"),
    [
        ("softmax_digits.py", 200, 0.85),
        ("mlp_digits.py", 100, 0.85),
        ("lenet_digits.py", 100, 0.75),
    ],
)
def test_a_training_learns(name: str, steps: int, least: float, tmp_path: Path) -> None:
    logdir = ["--logdir", str(tmp_path)] if name == "mlp_digits.py" else []
    said = example(name, "--steps", str(steps), *logdir)
    reached = re.search(r"steps: (0\.\d+)", said)
    assert reached
    assert float(reached[1]) > least


def test_hooks_stop_guard_and_save(tmp_path: Path) -> None:
    said = example("hooks.py", "--logdir", str(tmp_path), "--steps", "30")
    assert "stopped after 30 steps" in said
    assert re.search(r"worst loss was 2\.30\d at step 0", said)
    assert list(tmp_path.glob("events.out.tfevents.*"))


def test_the_debugger_stops_at_the_logarithm() -> None:
    said = example("debug_nan.py", typed="run -f has_inf_or_nan\nlt\nexit\n")
    assert "cross_entropy/Log:0" in said
