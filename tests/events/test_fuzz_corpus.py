"""What broke the reader once, found by a coverage-guided fuzzer or by hypothesis."""

from pathlib import Path

import pytest
from logdir_content import content, content_record_by_record, look_at_everything

from opscope.events import open_logdir

CORPUS = Path(__file__).parents[1] / "data" / "events" / "fuzz"


@pytest.mark.parametrize("name", sorted(path.name for path in CORPUS.iterdir()))
def test_what_broke_once_reads(tmp_path: Path, name: str) -> None:
    path = tmp_path / "events.out.tfevents.1700000000.host"
    path.write_bytes((CORPUS / name).read_bytes())
    logdir = open_logdir(tmp_path)
    by_column = content(logdir)
    look_at_everything(logdir)
    assert by_column == content_record_by_record(tmp_path)
