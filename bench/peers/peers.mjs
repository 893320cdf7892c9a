// Which PyTorch script re-creates the model of a recipe, and how it is called.

/** What is the same for all peers to refuse. */
function unknownToAll({ model, training }) {
  const { type, weightDecay } = training.optimizer;
  if (model.copy) return 'no peer that copies words';
  if (type !== 'adam' || weightDecay) return `no peer with ${weightDecay ? 'weight decay' : type}`;
  if ((training.accumulate ?? 1) > 1) return 'no peer that accumulates gradients';
  if (training.scheduledSampling) return 'no peer with scheduled sampling';
}

/** RNNsearch and RNNenc. */
const papers = {
  script: 'rnnsearch_torch.py',
  unknown: () => undefined,
  flags: (model) => ({
    model: model.type,
    attention: model.attention ?? model.hidden,
    'readout-type': 'maxout',
  }),
  // torch.nn.GRU has a second bias of 3H in each direction of the encoder.
  moreParameters: ({ type, hidden }) => (type === 'rnnsearch' ? 6 : 3) * hidden,
};

const recurrent = {
  script: 'recurrent_torch.py',
  unknown({ cell, attention, recurrentDropout }) {
    if (cell === 'lstmLayerNorm') return 'no peer with a layer-normalised LSTM';
    if (recurrentDropout) return 'no peer with recurrent dropout';
    if (!['additive', 'dot', 'scaledDot', 'general'].includes(attention.score)) {
      return `no peer of ${attention.score} attention`;
    }
    for (const part of ['coverage', 'location', 'window']) {
      if (attention[part]) return `no peer of attention with ${part}`;
    }
  },
  flags: ({ cell, encoder, decoder, attention, residual, inputFeeding }) => ({
    cell,
    'encoder-layers': encoder.layers,
    direction: encoder.direction,
    'decoder-layers': decoder.layers,
    score: attention.score,
    attention: attention.size,
    residual,
    'input-feeding': inputFeeding,
  }),
  // torch's layers have a second bias, of which gruResetAfter has a third of its own; halves each way make one H. With
  // input feeding the decoder is no such layer.
  moreParameters({ cell, hidden, encoder, decoder, inputFeeding }) {
    const each = { gru: 3, gruResetAfter: 2, lstm: 4 }[cell] * hidden;
    return each * (encoder.layers + (inputFeeding ? 0 : decoder.layers));
  },
};

const PEERS = { rnnsearch: papers, rnnenc: papers, recurrent };

/**
 * The peer of a recipe.
 *
 * @returns `skipped`, why there is none; or its script, its arguments for the shape of a batch that `heed bench train`
 *   found, and how many parameters it has more than ours
 */
export function peerOf(recipe) {
  const { model, training } = recipe;
  const peer = PEERS[model.type];
  const skipped =
    peer === undefined ? `no peer of model ${model.type}` : (peer.unknown(model) ?? unknownToAll(recipe));
  if (skipped) return { skipped };
  return {
    script: peer.script,
    moreParameters: peer.moreParameters(model),
    flags: (shape) => ({
      batch: shape.batch,
      source: shape.source,
      target: shape.target,
      'source-vocab': shape.sourceVocabulary,
      'target-vocab': shape.targetVocabulary,
      embed: model.embedding,
      hidden: model.hidden,
      readout: model.readout,
      dropout: model.dropout,
      tie: model.tie ?? 'none',
      ...peer.flags(model),
      'label-smoothing': training.labelSmoothing ?? 0,
      'moving-average': training.movingAverage ?? 0,
    }),
  };
}
