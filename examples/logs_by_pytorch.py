"""A small log by PyTorch's SummaryWriter: a module's graph, scalars and histograms.

python examples/logs_by_pytorch.py LOGDIR      (in the interop environment)
"""

import argparse
from itertools import islice

import torch
from torch.utils.tensorboard import SummaryWriter

from opscope.runtime.data.digits import load_digits

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("logdir")
parser.add_argument("--steps", type=int, default=30)
args = parser.parse_args()

torch.manual_seed(0)
network = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10))
LEARNING_RATE = 0.5
criterion = torch.nn.CrossEntropyLoss()

with SummaryWriter(args.logdir) as writer:
    writer.add_graph(network, torch.zeros(1, 64))
    for step, batch in enumerate(islice(load_digits().batches(100, seed=0), args.steps)):
        network.zero_grad()
        loss = criterion(network(torch.from_numpy(batch.images)), torch.from_numpy(batch.labels))
        loss.backward()
        # By hand: torch.optim loads Triton, which crashes beside the TensorFlow that
        # SummaryWriter loads where one is installed.
        with torch.no_grad():
            for parameter in network.parameters():
                parameter -= LEARNING_RATE * parameter.grad
        writer.add_scalar("cross_entropy", loss.item(), step)
        if step % 5 == 0:
            for name, parameter in network.named_parameters():
                writer.add_histogram(name, parameter, step)
