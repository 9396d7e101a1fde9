// All rows of the Jacobian, as DeepFool and FAB take them: in executions that share a forward pass against one gradient a row.
//
//   node bench/jacobian.mjs [mlp cnn] [--repetitions 9] [--threads 2] [--folder <folder of gradients.mjs>]
import { median } from './peer.mjs';
import { openExported, positionals, values } from './whole-models.mjs';

for (const model of positionals.length === 0 ? ['mlp', 'cnn'] : positionals) {
  process.stdout.write(`${JSON.stringify(await compare(model))}\n`);
}

async function compare(model) {
  const { facts, opened, inputs } = await openExported(model);
  const [samples] = facts.shape;
  const width = opened.facts.scoreWidth;
  const every = Float64Array.from({ length: samples * width }, (_, i) => i % width);
  const rows = Array.from({ length: width }, (_, row) => new Float64Array(samples).fill(row));
  const forms = {
    together: () => opened.jacobian(inputs, every),
    single: async () => {
      for (const labels of rows) await opened.gradient(inputs, { kind: 'score', labels });
    },
  };
  const seconds = { together: [], single: [] };
  for (let i = 0; i <= Number(values.repetitions); i++) {
    for (const [form, run] of Object.entries(forms)) {
      const start = performance.now();
      await run();
      if (i > 0) seconds[form].push((performance.now() - start) / 1000);
    }
  }
  await opened.dispose();
  const ratio = median(seconds.together.map((own, i) => own / seconds.single[i]));
  return {
    model,
    samples,
    rows: width,
    seconds: { together: median(seconds.together), single: median(seconds.single) },
    ratio,
  };
}
