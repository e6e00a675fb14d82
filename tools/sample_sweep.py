"""A made-up sweep over learning rates, with every kind of data that a page shows.

python tools/sample_sweep.py FOLDER
"""

import os
import sys
from pathlib import Path

import numpy as np

from opscope.events import SummaryWriter

RATES = {"lr=0.003": (70, 0.16), "lr=0.01": (38, 0.10), "lr=0.3": (24, 0.22)}
SEEDS = 2
STEPS = 300
START = 1_767_261_600.0  # 2026-01-01, 10:00 UTC
SECONDS = 0.8  # per step


def write_sweep(folder: Path) -> Path:
    """Write the runs of the sweep below a folder, the same ones each time; gives the folder."""
    for place, (rate, (slow, floor)) in enumerate(RATES.items()):
        for seed in range(SEEDS):
            noise = np.random.default_rng(10 * place + seed)
            with SummaryWriter(folder / rate / f"seed{seed}") as writer:
                breaks = rate == "lr=0.3" and seed == 1
                _curves(writer, noise, slow, floor, breaks)
                _tensors(writer, noise, slow, breaks)
                _media(writer, noise, slow)
                writer.add_text("notes", _note(rate, seed), 0, START)
                settings = {"lr": float(rate[3:]), "optimizer": ("adam", "sgd")[seed], "slow": slow}
                reached = {"result/accuracy": 0.99 - floor * 0.6 - 0.01 * seed}
                writer.add_hparams(settings, reached, run_name=".")
    with SummaryWriter(folder / "layout") as writer:
        writer.add_custom_scalars(
            {
                "Training": {
                    "losses": ["Multiline", ["loss/train", "loss/validation"]],
                    "accuracy": ["Multiline", ["accuracy/train", "accuracy/validation"]],
                }
            }
        )
    _give_fixed_names(folder)
    return folder


def _give_fixed_names(folder: Path) -> None:
    """Take clock and machine out of the files' names and times."""
    for run in {path.parent for path in folder.rglob("*tfevents*")}:
        for place, path in enumerate(sorted(run.glob("*tfevents*"))):
            renamed = path.rename(run / f"events.out.tfevents.{START + place:.0f}.sweep")
            os.utime(renamed, (START, START + SECONDS * STEPS))


def _curves(
    writer: SummaryWriter, noise: np.random.Generator, slow: float, floor: float, breaks: bool
) -> None:
    steps = np.arange(STEPS)
    train = floor + 2.2 * np.exp(-steps / slow) + noise.normal(0, 0.06, STEPS)
    held = floor + 0.1 + 2.2 * np.exp(-steps / (1.25 * slow)) + noise.normal(0, 0.03, STEPS)
    smooth = train + noise.normal(0, 0.02, STEPS)
    if breaks:
        train[180:] *= 1 + (steps[180:] - 180) / 40
        train[262:266] = np.nan
        train[290] = np.inf
    for step in steps.tolist():
        time = START + SECONDS * step
        writer.add_scalar("loss/train", float(train[step]), step, time)
        writer.add_scalar(
            "accuracy/train", float(1 - np.clip(smooth[step], 0, 2) / 2.2), step, time
        )
        if step % 5 == 0:
            writer.add_scalar("loss/validation", float(held[step]), step, time)
            right = float(1 - np.clip(held[step], 0, 2) / 2.2)
            writer.add_scalar("accuracy/validation", right, step, time)


def _tensors(writer: SummaryWriter, noise: np.random.Generator, slow: float, breaks: bool) -> None:
    for step in range(0, STEPS, 12):
        time, grown = START + SECONDS * step, 1 - np.exp(-step / slow)
        weights = noise.normal(0, 0.08 + 0.12 * grown, 4000)
        writer.add_histogram("hidden1/weights", weights, step, walltime=time)
        sides = noise.choice([-1, 1], 4000) * 0.9 * grown
        writer.add_histogram(
            "hidden2/weights", noise.normal(sides, 0.2 + 0.1 * grown), step, walltime=time
        )
        fired = np.maximum(0, noise.normal(0.4 * grown, 0.5, 4000))
        if breaks and step > 260:
            fired[:37] = np.nan
        writer.add_histogram("hidden1/activations", fired, step, walltime=time)
        labels = noise.random(600) < 0.5
        guessed = np.clip(noise.normal(0.5 + (labels - 0.5) * 0.5 * grown, 0.24), 0, 1)
        writer.add_pr_curve("digits/is eight", labels, guessed, step, walltime=time)


def _media(writer: SummaryWriter, noise: np.random.Generator, slow: float) -> None:
    across = np.linspace(-1, 1, 96)
    x, y = np.meshgrid(across, across)
    for step in range(0, STEPS, 60):
        time, grown = START + SECONDS * step, 1 - np.exp(-step / slow)
        picture = np.empty((3, 96, 96))
        for channel in range(3):
            waves = sum(
                np.sin(3 * k * (x * np.cos(k + channel) + y * np.sin(k)) + k) / k for k in (1, 2, 3)
            )
            blurred = noise.normal(0, 1, (96, 96)) * (1 - grown)
            picture[channel] = np.clip(0.5 + 0.28 * waves * grown + 0.2 * blurred, 0, 1)
        writer.add_image("filters/first layer", picture, step, time)
        ring = np.clip(1 - 6 * np.abs(np.hypot(x, y) - 0.2 - 0.5 * grown), 0, 1)
        writer.add_image("attention", ring[None], step, time)
    rate = 8000
    clip = np.sin(2 * np.pi * 440 * np.arange(rate) / rate) * np.linspace(0.6, 0, rate)
    writer.add_audio("samples/tone", clip[None], STEPS, rate, START)


def _note(rate: str, seed: int) -> str:
    return (
        f"## Run {rate}, seed {seed}\n\n"
        "Two hidden layers on the *digits*, **no dropout**.\n\n"
        "| layer | units | activation |\n|---|---|---|\n| hidden1 | 64 | relu |\n"
        "| hidden2 | 32 | relu |\n\n- batches of 50\n- `log` without a floor\n"
    )


if __name__ == "__main__":
    write_sweep(Path(sys.argv[1]))
