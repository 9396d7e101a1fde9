import type { InitFlags } from './init.js';
import type { Entry } from './wording/commented.js';

/** How a model takes texts, as its file and folder say it. */
export interface TextFacts {
  /** The input of token ids. */
  readonly input: string;
  /** Null where the file leaves it open. */
  readonly length: number | null;
  /** `folder`: in the folder that is the target; or its path, relative to the config; null where there is none. */
  readonly tokenizer: 'folder' | { readonly path: string } | null;
}

/** Why a config of texts names no audit. */
export const NO_ATTACKS =
  'The evasion attacks of this version change numbers, and none of them applies to texts; `assay explain` explains single decisions.';

/** @param input in words */
export function textDomainEntries({ length, tokenizer }: TextFacts, input: string): readonly Entry[] {
  return [
    { key: 'kind', value: 'text', comments: [input, 'Its values choose rows of a table of embeddings: tokens.'] },
    ...tokenizerEntry(tokenizer),
    length === null
      ? {
          key: 'length',
          value: null,
          comments: [
            'To fill in: how many tokens of a text the model is given, special ones included: longer texts lose their ends. ' +
              'Look for max_length where the model was trained.',
          ],
        }
      : { key: 'length', value: length, comments: ['As the file fixes it.'] },
  ];
}

function tokenizerEntry(tokenizer: TextFacts['tokenizer']): readonly Entry[] {
  if (tokenizer === 'folder') return [{ comments: ["The tokenizer is tokenizer.json in the model's folder."] }];
  if (tokenizer !== null) return [{ key: 'tokenizer', value: tokenizer.path, comments: ['It lies beside the model.'] }];
  return [
    {
      key: 'tokenizer',
      value: null,
      comments: ['To fill in: the tokenizer.json of Hugging Face that the model was trained with.'],
    },
  ];
}

export function textTestEntries({ inputs, labels }: InitFlags): readonly Entry[] {
  return [
    {
      key: 'inputs',
      value: inputs ?? null,
      comments: [
        'To fill in: texts that the model never saw: CSV, Parquet, JSON Lines, or a .txt file with one text a line.',
      ],
    },
    {
      key: 'columns',
      value: ['text'],
      comments: ['The column of the table that holds the texts; remove this line for a .txt file.'],
    },
    {
      key: 'labels',
      value: labels ?? null,
      comments: ['To fill in: the column of the truth; for a .txt file another one with one label a line.'],
    },
    { key: 'sample', value: 500, comments: ['How many to draw; remove this line to use all.'] },
  ];
}
