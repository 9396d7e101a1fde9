/** Why a session on CUDA could not be made, as a clause, and the sentence that says what would help. */
interface Explanation {
  readonly because: string;
  readonly mend: string | null;
}

/** By the numbers of `cudaError_t`. */
const MENDS: Readonly<Record<string, string | undefined>> = {
  35: "Install NVIDIA's driver, version 580 or newer.",
  100: 'Run it on a machine with an NVIDIA GPU.',
};

/**
 * What ONNX Runtime said, without the C++ signatures in front; null when it is nothing of CUDA.
 *
 * @param sentence the error
 * @param log where the reason stands when a library could not be loaded
 */
export function explainCuda(sentence: string, log: string): Explanation | null {
  const [failure, code = ''] = /\bCU\w+ failure (\d+): [^;]*[^; ]/.exec(sentence) ?? [];
  if (failure !== undefined) return { because: failure, mend: MENDS[code] ?? null };
  const refusal = /with error: (.+)/.exec(log)?.[1];
  if (refusal === undefined) return null;
  return { because: `its provider cannot be loaded (${refusal.trim()})`, mend: 'Run `assay setup onnx --gpu`.' };
}
