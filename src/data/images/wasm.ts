import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** What both decoders give: RGBA, a byte each. */
export interface DecodedPixels {
  readonly width: number;
  readonly height: number;
  readonly data: ArrayLike<number>;
}

type Decode = (bytes: Uint8Array) => DecodedPixels | null;

/** Makes the decoder of a codec out of its compiled module, and hears what the codec says about a picture. */
export type Factory = (options: {
  readonly noInitialRun: true;
  readonly wasmBinary: Uint8Array;
  readonly print: (line: string) => void;
  readonly printErr: (line: string) => void;
}) => Promise<Instance>;

export interface Instance {
  /** @param rest what the codec takes beside the bytes, exactly */
  decode(bytes: Uint8Array, ...rest: readonly boolean[]): DecodedPixels | null;
}

export interface Decoded {
  readonly pixels: DecodedPixels | null;
  /** What the codec complained of, line by line. */
  readonly complaints: readonly string[];
}

/**
 * A decoder compiled to WebAssembly, started from the bytes in its package: nothing is fetched. One that failed on a
 * picture has left its memory as it was at that moment, so the next picture gets a fresh one.
 *
 * @param module of the compiled code, as Node resolves it
 * @param rest what the codec takes beside the bytes
 */
export function wasmDecoder(
  factory: Factory,
  module: string,
  ...rest: readonly boolean[]
): (bytes: Uint8Array) => Promise<Decoded> {
  let complaints: string[] = [];
  let started: Promise<Decode> | null = null;
  const start = async (): Promise<Decode> => {
    const instance = await factory({
      noInitialRun: true,
      wasmBinary: readFileSync(createRequire(import.meta.url).resolve(module)),
      print: () => undefined,
      printErr: (line) => void complaints.push(line),
    });
    return (bytes) => instance.decode(bytes, ...rest);
  };
  return async (bytes) => {
    complaints = [];
    started ??= start();
    try {
      const pixels = (await started)(bytes);
      return { pixels, complaints };
    } catch (thrown) {
      started = null;
      if (complaints.length > 0) return { pixels: null, complaints };
      return { pixels: null, complaints: [thrown instanceof Error ? thrown.message : 'the decoder gave up'] };
    }
  };
}
