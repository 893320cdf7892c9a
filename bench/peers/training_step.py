"""What the PyTorch peers share: word vectors, dropout, arguments, and the training step that is timed.

A step is forward, backward, clipping by global norm, Adam, and where asked for a moving average of the weights, over
full batches of random words.
"""

import argparse
import json
import statistics
import time

import torch
from torch import nn


class Dropout(nn.Module):
    """One mask for all time steps, drawn anew for every batch."""

    def __init__(self, rate):
        super().__init__()
        self.keep = 1 - rate

    def mask(self, *shape):
        return torch.empty(shape).bernoulli_(self.keep).div_(self.keep) if self.keep < 1 else None

    def forward(self, x):
        """[T, B, width] times a mask [B, width]."""
        mask = self.mask(*x.shape[1:])
        return x if mask is None else x * mask


class Words(nn.Module):
    """Word vectors of both sides, the output layer, and how they are tied."""

    def __init__(self, args):
        super().__init__()
        self.target = nn.Embedding(args.target_vocab, args.embed)
        self.source = self.target if args.tie == "all" else nn.Embedding(args.source_vocab, args.embed)
        self.logits = nn.Linear(args.readout, args.target_vocab)
        if args.tie != "none":
            self.logits.weight = self.target.weight
        self.drop = Dropout(args.dropout)


def arguments(description):
    """A parser of what all peers are asked: sizes, and what recipes add."""
    parser = argparse.ArgumentParser(description=description)
    for name, value in dict(
        batch=64, source=20, target=20, vocab=8000, embed=256, hidden=512, attention=512, steps=10
    ).items():
        parser.add_argument(f"--{name}", type=int, default=value)
    for name, what in dict(
        source_vocab="default: --vocab", target_vocab="default: --vocab", readout="default: --embed"
    ).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, help=what)
    for name in ["dropout", "label-smoothing", "moving-average"]:
        parser.add_argument(f"--{name}", type=float, default=0.0)
    parser.add_argument(
        "--tie",
        choices=["none", "target", "all"],
        default="none",
        help="which word vectors are one: the target's and the output layer's, or those and the source's",
    )
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--json", action="store_true")
    return parser


def timed_steps(build, args, threads):
    """Median seconds of a step, after two to warm up, and the number of parameters."""
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    model = build(args)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
    loss_of = nn.CrossEntropyLoss(label_smoothing=args.label_smoothing)
    average = [p.detach().clone() for p in model.parameters()] if args.moving_average else []
    source = torch.randint(4, args.source_vocab, (args.source, args.batch))
    previous = torch.randint(4, args.target_vocab, (args.target, args.batch))
    labels = torch.randint(4, args.target_vocab, (args.target, args.batch))
    seconds = []
    for step in range(args.steps + 2):
        begun = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(model(source, previous).flatten(0, 1), labels.flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        for mean, p in zip(average, model.parameters()):
            mean.lerp_(p.detach(), 1 - args.moving_average)
        if step >= 2:
            seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds), sum(p.numel() for p in model.parameters())


def run(parser, build):
    """Reads the arguments, times the model `build` makes of them with each number of threads, prints the findings."""
    args = parser.parse_args()
    args.source_vocab = args.source_vocab or args.vocab
    args.target_vocab = args.target_vocab or args.vocab
    args.readout = args.readout or args.embed
    measured = {threads: timed_steps(build, args, threads) for threads in args.threads}
    found = {threads: seconds for threads, (seconds, _) in measured.items()}
    best = min(found, key=found.get)
    result = {
        "torch": torch.__version__,
        "parameters": measured[best][1],
        "secondsPerStep": found,
        "bestThreads": best,
        "tokensPerSecond": args.batch * args.target / found[best],
    }
    print(json.dumps(result) if args.json else result)
