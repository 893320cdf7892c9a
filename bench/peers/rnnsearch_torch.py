"""The training step of `heed bench train`, written for PyTorch, to be measured on the same machine.

    python3 bench/peers/rnnsearch_torch.py --batch 64 --hidden 512 [--threads 1 2] [--json]

RNNsearch as in Bahdanau et al. 2015: bidirectional GRU encoder, additive attention, GRU decoder, one hidden readout
layer; or, with --model rnnenc, the RNN Encoder-Decoder of Cho et al. 2014, whose decoder gets one vector. Forward,
backward, clipping by global norm, Adam. Encoder by torch.nn.GRU (its fastest), input side of the decoder's gates and
the whole readout hoisted out of the loop, as a good PyTorch programmer would write it. What recipes add can be added:
maxout, dropout (one mask for all time steps), tied target embeddings, label smoothing, a moving average of the weights.
Batches are full, so nothing is masked. bench/peers/recipes.mjs calls it with the sizes of a recipe.
Needs torch (measured with Debian 12's python3-torch, 1.13.1).
"""

import argparse
import json
import statistics
import time

import torch
from torch import nn


class Words(nn.Module):
    """What both models share: word vectors, readout, dropout."""

    def __init__(self, args, context):
        super().__init__()
        self.source = nn.Embedding(args.source_vocab, args.embed)
        self.target = nn.Embedding(args.target_vocab, args.embed)
        self.maxout = args.readout_type == "maxout"
        width = args.readout * (2 if self.maxout else 1)
        self.readout = nn.Linear(args.hidden + args.embed + context, width)
        self.logits = nn.Linear(args.readout, args.target_vocab)
        if args.tie:
            self.logits.weight = self.target.weight
        self.rate = args.dropout

    def drop(self, x):
        """One mask [B, width] for all time steps of [T, B, width]."""
        if self.rate == 0:
            return x
        mask = torch.empty(x.shape[1:]).bernoulli_(1 - self.rate).div_(1 - self.rate)
        return x * mask

    def read(self, mixed):
        hidden = self.readout(mixed)
        if self.maxout:
            hidden = hidden.unflatten(2, (-1, 2)).amax(3)
        else:
            hidden = torch.tanh(hidden)
        return self.logits(self.drop(hidden))


class RNNsearch(Words):
    def __init__(self, args):
        hidden, attention = args.hidden, args.attention
        super().__init__(args, 2 * hidden)
        self.encoder = nn.GRU(args.embed, hidden, bidirectional=True)
        self.initial = nn.Linear(hidden, hidden)
        self.keys = nn.Linear(2 * hidden, attention, bias=False)
        self.query = nn.Linear(hidden, attention, bias=False)
        self.energy = nn.Linear(attention, 1, bias=False)
        self.word_gates = nn.Linear(args.embed, 3 * hidden)
        self.context_gates = nn.Linear(2 * hidden, 3 * hidden, bias=False)
        self.state_gates = nn.Linear(hidden, 2 * hidden, bias=False)
        self.candidate = nn.Linear(hidden, hidden, bias=False)
        self.hidden = hidden

    def forward(self, source, previous):
        hidden = self.hidden
        states, _ = self.encoder(self.drop(self.source(source)))
        s = torch.tanh(self.initial(states[0, :, hidden:]))
        values = states.transpose(0, 1).contiguous()
        keys = self.keys(values)
        words = self.drop(self.target(previous))
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
        return self.read(torch.cat([torch.stack(before), words, torch.stack(contexts)], 2))


class RNNenc(Words):
    def __init__(self, args):
        hidden = args.hidden
        super().__init__(args, hidden)
        self.encoder = nn.GRU(args.embed, hidden)
        self.summary = nn.Linear(hidden, hidden)
        self.initial = nn.Linear(hidden, hidden)
        self.word_gates = nn.Linear(args.embed, 3 * hidden)
        self.context_gates = nn.Linear(hidden, 3 * hidden, bias=False)
        self.state_gates = nn.Linear(hidden, 3 * hidden, bias=False)
        self.hidden = hidden

    def forward(self, source, previous):
        hidden = self.hidden
        _, last = self.encoder(self.drop(self.source(source)))
        c = torch.tanh(self.summary(last[0]))
        s = torch.tanh(self.initial(c))
        words = self.drop(self.target(previous))
        gates_of_words = self.word_gates(words)
        of_c = self.context_gates(c)
        gates_of_words_and_c = gates_of_words[:, :, : 2 * hidden] + of_c[:, : 2 * hidden]
        after = []
        for t in range(previous.shape[0]):
            x = self.state_gates(s)
            z, r = torch.sigmoid(gates_of_words_and_c[t] + x[:, : 2 * hidden]).chunk(2, 1)
            inner = x[:, 2 * hidden :] + of_c[:, 2 * hidden :]
            candidate = torch.tanh(gates_of_words[t, :, 2 * hidden :] + r * inner)
            s = candidate + z * (s - candidate)
            after.append(s)
        contexts = c.unsqueeze(0).expand(len(after), -1, -1)
        return self.read(torch.cat([torch.stack(after), words, contexts], 2))


MODELS = {"rnnsearch": RNNsearch, "rnnenc": RNNenc}


def measure(args, threads):
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    model = MODELS[args.model](args)
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
        loss = loss_of(model(source, previous).reshape(-1, args.target_vocab), labels.reshape(-1))
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        for mean, p in zip(average, model.parameters()):
            mean.lerp_(p.detach(), 1 - args.moving_average)
        if step >= 2:
            seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds), sum(p.numel() for p in model.parameters())


def main():
    parser = argparse.ArgumentParser()
    for name, value in dict(
        batch=64, source=20, target=20, vocab=8000, embed=256, hidden=512, attention=512, steps=10
    ).items():
        parser.add_argument(f"--{name}", type=int, default=value)
    for name, what in dict(
        source_vocab="default: --vocab", target_vocab="default: --vocab", readout="default: --embed"
    ).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, help=what)
    parser.add_argument("--model", choices=list(MODELS), default="rnnsearch")
    parser.add_argument("--readout-type", choices=["tanh", "maxout"], default="tanh")
    for name in ["dropout", "label-smoothing", "moving-average"]:
        parser.add_argument(f"--{name}", type=float, default=0.0)
    parser.add_argument("--tie", action="store_true", help="the target's word vectors are the output layer's too")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    args.source_vocab = args.source_vocab or args.vocab
    args.target_vocab = args.target_vocab or args.vocab
    args.readout = args.readout or args.embed
    measured = {threads: measure(args, threads) for threads in args.threads}
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


main()
