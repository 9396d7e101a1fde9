import { exportedBytes, exportedInputs, openExported, readExported } from '../../../test/exported-models.js';
test('time', async () => {
  const name = process.env['M'] ?? 'unit/resnet18-torchscript';
  const s = readExported(name);
  let t = performance.now();
  const lap = (what: string) => { console.log(what, Math.round(performance.now() - t)); t = performance.now(); };
  exportedBytes(name, s); lap('bytes');
  const m = await openExported(name, s); lap('open');
  const i = exportedInputs(s);
  await m.scores(i); lap('scores');
  await m.gradient(i, { kind: 'cross-entropy', labels: Float64Array.from(s.labels) }); lap('gradient');
  await m.gradient(i, { kind: 'cross-entropy', labels: Float64Array.from(s.labels) }); lap('gradient again');
  await m.dispose();
});
