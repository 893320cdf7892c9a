"""The training step of a recipe's `recurrent` model, written for PyTorch, to be measured on the same machine.

    python3 bench/peers/recurrent_torch.py --cell gru --input-feeding --score additive [--threads 1 2] [--json]

The encoder-decoder of Luong, Pham, Manning 2015 with layers one above the other. What runs over a whole sequence is
torch.nn.GRU or torch.nn.LSTM: the encoder, and without input feeding the decoder, whose steps then all attend at once.
With input feeding each step waits for what the one before read out, so the decoder is a loop over cells, and what its
steps do not wait for (the words' part of the gates, the keys, the logits) is outside. Batches are full, so nothing is
masked. bench/peers/recipes.mjs calls it with the sizes of a recipe.
Needs torch (measured with Debian 12's python3-torch, 1.13.1).
"""

import math

import torch
from torch import nn
from training_step import Dropout, Words, arguments, run


class Layers(nn.Module):
    """Recurrent layers one above the other, each over the whole sequence at once."""

    def __init__(self, args, count, direction):
        super().__init__()
        kind = nn.LSTM if args.cell == "lstm" else nn.GRU
        both = direction == "bidirectional"
        size = args.hidden // 2 if both else args.hidden
        widths = [args.embed] + [args.hidden] * (count - 1)
        self.layers = nn.ModuleList(kind(width, size, bidirectional=both) for width in widths)
        self.alternating = direction == "alternating"
        self.residual = args.residual
        self.drop = Dropout(args.dropout)

    def forward(self, x, first=None):
        """[T, B, width] -> [T, B, H], and the states [B, H] of each layer after its last step: (h,) or (h, c)."""
        ended = []
        for i, layer in enumerate(self.layers):
            below = self.drop(x) if i > 0 else x
            backward = self.alternating and i % 2 == 1
            states, last = layer(below.flip(0) if backward else below, first and in_layers_form(first[i]))
            states = states.flip(0) if backward else states
            x = states + x if self.residual and i > 0 else states
            last = last if isinstance(last, tuple) else (last,)
            ended.append([torch.cat(state.unbind(0), 1) for state in last])
        return x, ended


def in_layers_form(state):
    """(h,) or (h, c), each [B, H], as torch.nn.GRU and torch.nn.LSTM take them."""
    h, *c = [s.unsqueeze(0) for s in state]
    return (h, *c) if c else h


class GRUCell(nn.Module):
    """One step of the GRU whose reset gate covers the state: x [B, 3H] is what the inputs contribute."""

    GATES = 3

    def __init__(self, hidden):
        super().__init__()
        self.gates = nn.Linear(hidden, 2 * hidden, bias=False)
        self.candidate = nn.Linear(hidden, hidden, bias=False)
        self.sizes = [2 * hidden, hidden]

    def forward(self, x, state):
        (h,) = state
        gates, inner = x.split(self.sizes, 1)
        z, r = torch.addmm(gates, h, self.gates.weight.t()).sigmoid_().chunk(2, 1)
        candidate = torch.addmm(inner, r * h, self.candidate.weight.t()).tanh_()
        return (torch.lerp(h, candidate, z),)


class ResetAfterGRUCell(nn.Module):
    """One step of the GRU whose reset gate covers the product, as in torch.nn.GRU: one product for all three parts."""

    GATES = 3

    def __init__(self, hidden):
        super().__init__()
        self.recurrent = nn.Linear(hidden, 3 * hidden, bias=False)
        self.candidate_bias = nn.Parameter(torch.zeros(hidden))
        self.sizes = [2 * hidden, hidden]

    def forward(self, x, state):
        (h,) = state
        gates, inner = x.split(self.sizes, 1)
        gates_of_h, inner_of_h = self.recurrent(h).split(self.sizes, 1)
        z, r = (gates + gates_of_h).sigmoid_().chunk(2, 1)
        candidate = torch.addcmul(inner, r, inner_of_h + self.candidate_bias).tanh_()
        return (torch.lerp(h, candidate, z),)


class LSTMCell(nn.Module):
    """One step of the LSTM: x [B, 4H] is what the inputs contribute to i, f, g, o."""

    GATES = 4

    def __init__(self, hidden):
        super().__init__()
        self.recurrent = nn.Linear(hidden, 4 * hidden, bias=False)
        self.sizes = [2 * hidden, hidden, hidden]

    def forward(self, x, state):
        h, c = state
        input_forget, g, o = torch.addmm(x, h, self.recurrent.weight.t()).split(self.sizes, 1)
        i, f = torch.sigmoid(input_forget).chunk(2, 1)
        c = torch.addcmul(f * c, i, torch.tanh(g))
        return torch.sigmoid(o) * torch.tanh(c), c


CELLS = {"gru": GRUCell, "gruResetAfter": ResetAfterGRUCell, "lstm": LSTMCell}


class Attention(nn.Module):
    """Of any number of steps at once."""

    def __init__(self, args):
        super().__init__()
        hidden = args.hidden
        self.additive = args.score == "additive"
        self.scale = 1 / math.sqrt(hidden) if args.score == "scaledDot" else 1
        if self.additive:
            self.of_values = nn.Linear(hidden, args.attention, bias=False)
            self.of_query = nn.Linear(hidden, args.attention, bias=False)
            self.energy = nn.Linear(args.attention, 1, bias=False)
        else:
            # General attention's matrix stands on the side of the values: once a sentence, not once a step.
            self.of_values = nn.Linear(hidden, hidden, bias=False) if args.score == "general" else nn.Identity()

    def keys(self, values):
        return self.of_values(values) * self.scale if self.scale != 1 else self.of_values(values)

    def forward(self, queries, values, keys):
        """Queries [B, T, H], values [B, S, H], keys [B, S, A or H] -> contexts [B, T, H]."""
        if self.additive:
            hidden = (keys.unsqueeze(1) + self.of_query(queries).unsqueeze(2)).tanh_()
            energies = self.energy(hidden).squeeze(3)
        else:
            energies = torch.bmm(queries, keys.transpose(1, 2))
        return torch.bmm(torch.softmax(energies, 2), values)


class Decoder(nn.Module):
    """What reads words [T, B, E] from the first states on and gives the attentional vectors h~ [T, B, readout]."""

    def __init__(self, args):
        super().__init__()
        self.attention = Attention(args)
        self.mix = nn.Linear(2 * args.hidden, args.readout)
        self.drop = Dropout(args.dropout)


class DecoderAtOnce(Decoder):
    """Without input feeding no state waits for attention: layer by layer, then attention and readout of all steps."""

    def __init__(self, args):
        super().__init__(args)
        self.layers = Layers(args, args.decoder_layers, "forward")

    def forward(self, words, first, values):
        tops, _ = self.layers(words, first)
        contexts = self.attention(tops.transpose(0, 1), values, self.attention.keys(values)).transpose(0, 1)
        return self.drop(torch.tanh(self.mix(torch.cat([contexts, tops], 2))))


class FeedingDecoder(Decoder):
    """With input feeding: step by step, the first layer also given the attentional vector before."""

    def __init__(self, args):
        super().__init__(args)
        cell, hidden, layers = CELLS[args.cell], args.hidden, args.decoder_layers
        self.of_words = nn.Linear(args.embed, cell.GATES * hidden)
        self.feeding = nn.Linear(args.readout, cell.GATES * hidden, bias=False)
        self.of_layers_below = nn.ModuleList(nn.Linear(hidden, cell.GATES * hidden) for _ in range(layers - 1))
        self.cells = nn.ModuleList(cell(hidden) for _ in range(layers))
        self.residual = args.residual

    def forward(self, words, states, values):
        states = list(states)
        keys = self.attention.keys(values)
        batch, hidden = values.shape[0], values.shape[2]
        masks = [self.drop.mask(batch, hidden) for _ in self.of_layers_below]
        read_mask = self.drop.mask(batch, self.mix.out_features)
        fed = values.new_zeros(batch, self.mix.out_features)
        read = []
        for of_word in self.of_words(words).unbind(0):
            states[0] = self.cells[0](torch.addmm(of_word, fed, self.feeding.weight.t()), states[0])
            top = states[0][0]
            for i, (of_below, mask) in enumerate(zip(self.of_layers_below, masks), 1):
                states[i] = self.cells[i](of_below(top if mask is None else top * mask), states[i])
                top = states[i][0] + top if self.residual else states[i][0]
            context = self.attention(top.unsqueeze(1), values, keys).squeeze(1)
            fed = self.mix(torch.cat([context, top], 1)).tanh_()
            fed = fed if read_mask is None else fed * read_mask
            read.append(fed)
        return torch.stack(read)


class Recurrent(Words):
    def __init__(self, args):
        super().__init__(args)
        carried = 2 if args.cell == "lstm" else 1
        self.encoder = Layers(args, args.encoder_layers, args.direction)
        self.initial = nn.ModuleList(
            nn.ModuleList(nn.Linear(args.hidden, args.hidden) for _ in range(carried))
            for _ in range(args.decoder_layers)
        )
        self.decoder = FeedingDecoder(args) if args.input_feeding else DecoderAtOnce(args)

    def forward(self, source, previous):
        states, ended = self.encoder(self.drop(self.source(source)))
        values = self.drop(states).transpose(0, 1).contiguous()
        first = []
        for i, bridges in enumerate(self.initial):
            h, *c = [bridge(state) for bridge, state in zip(bridges, ended[min(i, len(ended) - 1)])]
            first.append((torch.tanh(h), *c))
        words = self.drop(self.target(previous))
        return self.logits(self.decoder(words, first, values))


if __name__ == "__main__":
    parser = arguments("The training step of a recurrent encoder-decoder in PyTorch, timed.")
    parser.add_argument("--cell", choices=list(CELLS), default="lstm")
    parser.add_argument("--encoder-layers", type=int, default=1)
    parser.add_argument("--decoder-layers", type=int, default=1)
    parser.add_argument(
        "--direction",
        choices=["bidirectional", "alternating", "forward"],
        default="bidirectional",
        help="of the encoder: half of hidden each way, layers forward and backward in turn, or all forward",
    )
    parser.add_argument("--residual", action="store_true")
    parser.add_argument("--score", choices=["additive", "dot", "scaledDot", "general"], default="general")
    parser.add_argument("--input-feeding", action="store_true")
    run(parser, Recurrent)
