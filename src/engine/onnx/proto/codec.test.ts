import { readFileSync } from 'node:fs';
import { decodeModel, encodeModel } from './codec.js';
import * as ort from 'onnxruntime-node';

test('quick', async () => {
  for (const f of ['fashion-mlp', 'fashion-cnn']) {
    const bytes = new Uint8Array(readFileSync(`fixtures/models/${f}.onnx`));
    const g = decodeModel({ main: f, files: new Map([[f, bytes]]) });
    console.log(
      g.name,
      g.irVersion,
      g.opsets,
      g.inputs,
      g.outputs,
      g.nodes.map((n) => n.op + ' ' + [...n.attributes].map(([k, v]) => k + JSON.stringify(v))).join('\n'),
      [...g.constants].map(([k, c]) => k + c.type + c.shape),
    );
    const again = encodeModel(g);
    expect(decodeModel({ main: f, files: new Map([[f, again]]) })).toEqual(g);
    const s = await ort.InferenceSession.create(again);
    console.log(s.inputNames, s.outputNames);
  }
});
