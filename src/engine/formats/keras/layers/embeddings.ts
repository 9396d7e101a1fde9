import { onlyTensor, realTensor, weight, type Lowering } from '../lowering/layer.js';
import { rankOf, type Value } from '../lowering/value.js';

/** Rows of a table, [n, ...] -> [n, ..., width]; token 0 may mark steps that do not count. */
const embedding: Lowering = (layer, call) => {
  const { graph, settings } = layer;
  const tokens = onlyTensor(layer, call);
  const width = settings.number('output_dim');
  const table = weight(layer, 'embeddings', 0, [settings.number('input_dim'), width]);
  const rows = tokens.type === 'int32' ? tokens.name : graph.cast(layer.layouts.plain(tokens).name, 'int32');
  const counts = (): string => graph.node('Not', [graph.node('Equal', [rows, graph.cast(graph.scalar(0), 'int32')])]);
  return {
    name: graph.node('Gather', [table, rows], { axis: 0 }),
    shape: [...tokens.shape, width],
    type: 'float32',
    layout: 'plain',
    mask: settings.flag('mask_zero', false) ? counts() : null,
  };
};

/** Steps of which all features have one value do not count, and become 0. */
const masking: Lowering = (layer, call) => {
  const { graph } = layer;
  const value: Value = layer.layouts.plain(realTensor(layer, call));
  const isValue = graph.node('Equal', [value.name, graph.scalar(layer.settings.number('mask_value', 0))]);
  const differs = graph.cast(graph.node('Not', [isValue]), 'float32');
  const last = graph.integers([rankOf(value) - 1]);
  const kept = graph.node('ReduceMax', [differs, last], { keepdims: 1 });
  const mask = graph.cast(graph.node('Squeeze', [kept, last]), 'bool');
  return { ...value, name: graph.node('Mul', [value.name, kept]), mask };
};

export const embeddingLayers: Readonly<Record<string, Lowering>> = { Embedding: embedding, Masking: masking };
