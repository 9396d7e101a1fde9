// Operators, models and training on a device, compared with the CPU.
import { startDevice } from './product.mjs';

export async function checkConformance(device, { families, cases, models }, say) {
  const requests = [
    ...families.map((family) => ({ kind: 'operators', family, cases })),
    ...models.map((model) => ({ kind: 'model', file: `${model}.onnx` })),
    { kind: 'training' },
  ];
  const parts = [];
  let running = startDevice(device);
  for (const request of requests) {
    const name = request.family ?? request.file ?? request.kind;
    try {
      parts.push({ name, ...(await running.compare(request)) });
    } catch (error) {
      parts.push({ name, compared: 0, largest: null, problems: [error.message] });
      running.dispose();
      running = startDevice(device);
    }
    const { compared, problems } = parts.at(-1);
    say(`${name}: ${compared} arrays compared`);
    for (const problem of problems) say(problem);
  }
  running.dispose();
  const compared = parts.reduce((sum, part) => sum + part.compared, 0);
  const problems = parts.reduce((sum, part) => sum + part.problems.length, 0);
  const largest = Math.max(...parts.map((part) => part.largest ?? Infinity));
  return {
    passed: problems === 0 && parts.every((part) => part.compared > 0),
    summary: `${compared} arrays compared with the CPU, ${largest.toExponential(1)} at most, ${problems} problems`,
    parts,
  };
}
