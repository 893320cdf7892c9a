"""The training step of `heed bench train`, written for PyTorch, to be measured on the same machine.

    python3 bench/peers/rnnsearch_torch.py --batch 64 --hidden 512 [--threads 1 2] [--json]

RNNsearch as in Bahdanau et al. 2015: bidirectional GRU encoder, additive attention, GRU decoder, one hidden readout
layer of size E; forward, backward, clipping by global norm, Adam. Encoder by torch.nn.GRU (its fastest), input side
of the decoder's gates and the whole readout hoisted out of the loop, as a good PyTorch programmer would write it.
Needs torch (measured with Debian 12's python3-torch, 1.13.1).
"""

import argparse
import json
import statistics
import time

import torch
from torch import nn


class RNNsearch(nn.Module):
    def __init__(self, vocab, embed, hidden, attention):
        super().__init__()
        self.source = nn.Embedding(vocab, embed)
        self.target = nn.Embedding(vocab, embed)
        self.encoder = nn.GRU(embed, hidden, bidirectional=True)
        self.initial = nn.Linear(hidden, hidden)
        self.keys = nn.Linear(2 * hidden, attention, bias=False)
        self.query = nn.Linear(hidden, attention, bias=False)
        self.energy = nn.Linear(attention, 1, bias=False)
        self.word_gates = nn.Linear(embed, 3 * hidden)
        self.context_gates = nn.Linear(2 * hidden, 3 * hidden, bias=False)
        self.state_gates = nn.Linear(hidden, 2 * hidden, bias=False)
        self.candidate = nn.Linear(hidden, hidden, bias=False)
        self.readout = nn.Linear(hidden + embed + 2 * hidden, embed)
        self.logits = nn.Linear(embed, vocab)
        self.hidden = hidden

    def forward(self, source, previous):
        hidden = self.hidden
        states, _ = self.encoder(self.source(source))
        s = torch.tanh(self.initial(states[0, :, hidden:]))
        values = states.transpose(0, 1).contiguous()
        keys = self.keys(values)
        words = self.target(previous)
        gates_of_words = self.word_gates(words)
        before, contexts = [], []
        for t in range(previous.shape[0]):
            energies = self.energy(torch.tanh(keys + self.query(s).unsqueeze(1))).squeeze(2)
            weights = torch.softmax(energies, 1)
            context = torch.bmm(weights.unsqueeze(1), values).squeeze(1)
            before.append(s)
            contexts.append(context)
            x = gates_of_words[t] + self.context_gates(context)
            z, r = torch.sigmoid(x[:, : 2 * hidden] + self.state_gates(s)).chunk(2, 1)
            candidate = torch.tanh(x[:, 2 * hidden :] + self.candidate(r * s))
            s = s + z * (candidate - s)
        mixed = torch.cat([torch.stack(before), words, torch.stack(contexts)], 2)
        return self.logits(torch.tanh(self.readout(mixed)))


def measure(args, threads):
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    model = RNNsearch(args.vocab, args.embed, args.hidden, args.attention)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
    loss_of = nn.CrossEntropyLoss()
    source = torch.randint(4, args.vocab, (args.source, args.batch))
    previous = torch.randint(4, args.vocab, (args.target, args.batch))
    labels = torch.randint(4, args.vocab, (args.target, args.batch))
    seconds = []
    for step in range(args.steps + 2):
        begun = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(model(source, previous).reshape(-1, args.vocab), labels.reshape(-1))
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step >= 2:
            seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds)


def main():
    parser = argparse.ArgumentParser()
    for name, value in dict(
        batch=64, source=20, target=20, vocab=8000, embed=256, hidden=512, attention=512, steps=10
    ).items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    found = {threads: measure(args, threads) for threads in args.threads}
    best = min(found, key=found.get)
    result = {
        "torch": torch.__version__,
        "secondsPerStep": found,
        "bestThreads": best,
        "tokensPerSecond": args.batch * args.target / found[best],
    }
    print(json.dumps(result) if args.json else result)


main()
