import { AssayError } from '#base/errors';
import { grouped } from '#base/format';
import type { FileTargetConfig } from '#config/schema';
import type { Tokenizer } from '#data/text/tokenizer';
import type { TextDomain } from '../domain.js';
import type { TargetModel } from '../formats/prepare.js';
import { textInputsOf, type TextInputs } from './inputs.js';
import { openTokenizer } from './tokenizer-files.js';

/** What makes a text out of what a model takes, and the other way round. */
export interface TextDeclaration {
  readonly domain: TextDomain;
  readonly tokenizer: Tokenizer;
  readonly inputs: TextInputs;
  /** How texts get into the model, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * Reads how a target takes texts: its inputs from the file, tokenizer and length from the config or the model's folder.
 *
 * @throws AssayError `config`, `model` or `data` where they do not belong together, or something is missing
 */
export function declareText({ domain }: Pick<FileTargetConfig, 'domain'>, model: TargetModel): TextDeclaration {
  const where = model.main;
  const inputs = textInputsOf(model);
  const length = lengthOf(domain.length ?? null, inputs, where);
  if (model.tokenizer === undefined) {
    throw new AssayError('config', {
      where,
      what: "`target.domain.tokenizer` is missing, and the model's folder has no tokenizer.json",
      mend: 'Name the tokenizer.json that the model was trained with.',
    });
  }
  const tokenizer = openTokenizer(model.tokenizer);
  requireVectors(tokenizer, model.tokenizer.name, inputs, where);
  // The sentence of the tokenizer itself, before any text is read.
  tokenizer.encode('a', length);
  const { vocabulary, padding, mask, special } = tokenizer;
  return {
    domain: { kind: 'text', shape: [length], tokens: { vocabulary, padding, mask, special } },
    tokenizer,
    inputs,
    notes: notesOn(model.tokenizer.name, vocabulary, length, inputs),
  };
}

function lengthOf(declared: number | null, { ids, length: fixed }: TextInputs, where: string): number {
  if (declared !== null && fixed !== null && declared !== fixed) {
    throw new AssayError('config', {
      where,
      what: `\`target.domain.length\` is ${declared}, and the input \`${ids}\` takes ${fixed} tokens`,
      mend: `Remove it, or set it to ${fixed}.`,
    });
  }
  const length = declared ?? fixed;
  if (length !== null) return length;
  throw new AssayError('config', {
    where,
    what: `\`target.domain.length\` is missing, and the input \`${ids}\` leaves the length of a text open`,
    mend: 'Set it to the number of tokens that texts are cut or padded to, at most what the model was trained with.',
  });
}

/** An id without a row would be another token's, or an error deep inside the model. */
function requireVectors({ vocabulary }: Tokenizer, name: string, { ids, vectors }: TextInputs, where: string): void {
  if (vocabulary <= vectors) return;
  throw new AssayError('config', {
    where,
    what: `\`${name}\` has ${grouped(vocabulary)} tokens, and the embedding of \`${ids}\` has vectors for ${grouped(vectors)}`,
    mend: 'Name the tokenizer that the model was trained with.',
  });
}

/** What to say of a model that takes any number of tokens by its file, and fails on so many. */
export function onTexts(thrown: unknown, { domain, inputs }: TextDeclaration, where: string): unknown {
  if (!(thrown instanceof AssayError) || thrown.code !== 'model' || inputs.length !== null) return thrown;
  return new AssayError('model', {
    where,
    what: `it could not be opened on texts of ${domain.shape.join()} tokens: ${thrown.what}`,
    mend: 'Set `target.domain.length` to what the model was trained with.',
    cause: thrown,
  });
}

function notesOn(name: string, vocabulary: number, length: number, { ids, vectors, beside }: TextInputs): string[] {
  const others = [...beside.keys()].map((each) => `\`${each}\``).join(', ');
  const also = others === '' ? '' : `, with ${others} made from them`;
  const spare = vectors - vocabulary;
  return [
    `Texts become ${grouped(length)} tokens each by \`${name}\`, given as \`${ids}\`${also}.`,
    ...(spare === 0 ? [] : [`The embedding has vectors for ${grouped(spare)} ids more than the tokenizer has tokens.`]),
  ];
}
