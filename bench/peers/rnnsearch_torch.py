"""The training step of `heed bench train`, written for PyTorch, to be measured on the same machine.

    python3 bench/peers/rnnsearch_torch.py --batch 64 --hidden 512 [--threads 1 2] [--json]

RNNsearch as in Bahdanau et al. 2015: bidirectional GRU encoder, additive attention, GRU decoder, one hidden readout
layer; or, with --model rnnenc, the RNN Encoder-Decoder of Cho et al. 2014, whose decoder gets one vector. Encoder by
torch.nn.GRU (its fastest), input side of the decoder's gates and the whole readout hoisted out of the loop, as a good
PyTorch programmer would write it. What recipes add can be added: maxout, dropout (one mask for all time steps), tied
word vectors, label smoothing, a moving average of the weights. Batches are full, so nothing is masked.
bench/peers/recipes.mjs calls it with the sizes of a recipe.
Needs torch (measured with Debian 12's python3-torch, 1.13.1).
"""

import torch
from torch import nn
from training_step import Words, arguments, run


class DeepOutput(Words):
    """What both models share: words, and the readout of all time steps."""

    def __init__(self, args, context):
        super().__init__(args)
        self.maxout = args.readout_type == "maxout"
        width = args.readout * (2 if self.maxout else 1)
        self.readout = nn.Linear(args.hidden + args.embed + context, width)

    def read(self, mixed):
        hidden = self.readout(mixed)
        if self.maxout:
            hidden = hidden.unflatten(2, (-1, 2)).amax(3)
        else:
            hidden = torch.tanh(hidden)
        return self.logits(self.drop(hidden))


class RNNsearch(DeepOutput):
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
        before, contexts = [], []
        # unbind and split, not indices and slices: the gradient of each of those is as large as the whole.
        for gates_of_word in self.word_gates(words).unbind(0):
            energies = self.energy(torch.tanh(keys + self.query(s).unsqueeze(1))).squeeze(2)
            weights = torch.softmax(energies, 1)
            context = torch.bmm(weights.unsqueeze(1), values).squeeze(1)
            before.append(s)
            contexts.append(context)
            gates, inner = (gates_of_word + self.context_gates(context)).split([2 * hidden, hidden], 1)
            z, r = torch.sigmoid(gates + self.state_gates(s)).chunk(2, 1)
            candidate = torch.tanh(inner + self.candidate(r * s))
            s = s + z * (candidate - s)
        return self.read(torch.cat([torch.stack(before), words, torch.stack(contexts)], 2))


class RNNenc(DeepOutput):
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
        sizes = [2 * self.hidden, self.hidden]
        _, last = self.encoder(self.drop(self.source(source)))
        c = torch.tanh(self.summary(last[0]))
        s = torch.tanh(self.initial(c))
        words = self.drop(self.target(previous))
        gates_of_words, candidates_of_words = self.word_gates(words).split(sizes, 2)
        gates_of_c, candidate_of_c = self.context_gates(c).split(sizes, 1)
        after = []
        for of_word, candidate_of_word in zip((gates_of_words + gates_of_c).unbind(0), candidates_of_words.unbind(0)):
            gates, inner = self.state_gates(s).split(sizes, 1)
            z, r = torch.sigmoid(of_word + gates).chunk(2, 1)
            candidate = torch.tanh(candidate_of_word + r * (inner + candidate_of_c))
            s = candidate + z * (s - candidate)
            after.append(s)
        contexts = c.unsqueeze(0).expand(len(after), -1, -1)
        return self.read(torch.cat([torch.stack(after), words, contexts], 2))


MODELS = {"rnnsearch": RNNsearch, "rnnenc": RNNenc}

if __name__ == "__main__":
    parser = arguments("The training step of RNNsearch or RNNenc in PyTorch, timed.")
    parser.add_argument("--model", choices=list(MODELS), default="rnnsearch")
    parser.add_argument("--readout-type", choices=["tanh", "maxout"], default="tanh")
    run(parser, lambda args: MODELS[args.model](args))
