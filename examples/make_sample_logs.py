"""Make sample_logs/ anew: our demo's result, a log by TensorFlow, a log by PyTorch.

python examples/make_sample_logs.py FOLDER      (in the interop environment; `make samples`)
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parent
WRITERS = {
    "demo": ["-m", "opscope.cli", "demo", "--once", "--logdir"],
    "tensorflow": [str(EXAMPLES / "logs_by_tensorflow.py")],
    "pytorch": [str(EXAMPLES / "logs_by_pytorch.py")],
}

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("folder", type=Path)
args = parser.parse_args()

for name, command in WRITERS.items():
    logdir = args.folder / name
    shutil.rmtree(logdir, ignore_errors=True)
    subprocess.run([sys.executable, *command, str(logdir)], check=True)
    # A writer puts its machine's name and process into the file's name; a sample needs neither.
    for path in sorted(logdir.rglob("events.out.tfevents.*")):
        path.rename(path.with_name(f"events.out.tfevents.{path.name.split('.')[3]}.{name}"))
