"""The answers that our server's are compared with are those of a TensorBoard server.

OPSCOPE_REWRITE_GOLD=1 keeps what it says now.
"""

import json
import os
import re
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from tensorboard_answers import answers, read_gold, unpack_logs, write_gold

pytestmark = pytest.mark.interop

ARCHIVES = Path(__file__).parents[1] / "data/events"
SAMPLED = ("scalars", "histograms", "distributions", "images", "text", "pr_curves")
EVERYTHING = ",".join(f"{plugin}=999" for plugin in SAMPLED)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    logs = unpack_logs(ARCHIVES, tmp_path_factory.mktemp("logs"))
    words = ["--logdir", str(logs), "--port", "0", "--reload_interval", "0", "--load_fast", "false"]
    words += ["--reload_task", "blocking"]
    process = subprocess.Popen(
        [sys.executable, "-m", "tensorboard.main", *words, "--samples_per_plugin", EVERYTHING],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        told = ""
        while not (found := re.search(r" at (http://\S+?)/? ", told)):
            told = process.stderr.readline()
            assert told, "TensorBoard ended"
        yield found[1]
    finally:
        process.kill()
        process.communicate()


def test_the_answers_kept_are_tensorboards(address):
    def ask(path, form):
        data = None if form is None else urllib.parse.urlencode(form, doseq=True).encode()
        request = urllib.request.Request(address + path, data=data)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()

    found = json.loads(json.dumps(dict(answers(ask))))
    if os.environ.get("OPSCOPE_REWRITE_GOLD"):
        write_gold(found)
    assert found == read_gold()
