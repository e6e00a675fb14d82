import pytest

from opscope.events.nearest_run import nearest_run


@pytest.mark.parametrize(
    ("dump", "runs", "nearest"),
    [
        ("tfdbg/run_1", ["train"], "train"),
        ("train", ["train", "train/deep"], "train"),
        ("train/dumps/run_1", ["train", "test"], "train"),
        ("train/dumps/run_1", [".", "test"], "."),
        ("d/tfdbg/run_1", ["d/train", "e", "."], "d/train"),
        ("d/tfdbg/run_1", ["d/a/b", "d/z"], "d/z"),
        ("tfdbg/run_1", ["run_10", "run_9"], "run_9"),
        ("trainer/run_1", ["train"], "train"),
        ("tfdbg/run_1", [], None),
    ],
)
def test_the_nearest_run(dump: str, runs: list[str], nearest: str | None) -> None:
    assert nearest_run(dump, runs) == nearest
