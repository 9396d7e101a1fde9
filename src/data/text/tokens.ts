import * as library from '@huggingface/tokenizers';

/** What is used of the library's tokenizer; its own declarations do not resolve under Node's rules. */
export interface Tokens {
  readonly model: {
    readonly vocab: readonly string[];
    readonly unk_token?: string | null;
    readonly unk_token_id?: number | null;
  };
  readonly normalizer: { normalize(text: string): string } | null;
  readonly post_processor:
    ((words: readonly string[], pair: null, special: boolean) => { readonly tokens: string[] }) | null;
  readonly decoder: { readonly config: { readonly type?: string } } | null;
  tokenize(text: string, options: { readonly add_special_tokens: boolean }): string[];
  decode(ids: readonly number[], options: { readonly skip_special_tokens: boolean }): string;
  token_to_id(token: string): number | undefined;
  get_added_tokens_decoder(): ReadonlyMap<number, { readonly content: string; readonly special: boolean }>;
}

/** From the content of `tokenizer.json` and `tokenizer_config.json`. */
export const { Tokenizer: TokensOf } = library as unknown as {
  readonly Tokenizer: new (file: object, config: object) => Tokens;
};
