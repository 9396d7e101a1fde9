import type { RuleTable } from '../../rule.js';
import { gru } from './gru.js';
import { lstm } from './lstm.js';
import { rnn } from './rnn.js';

/** Recurrent layers. */
export const recurrentRules: RuleTable = {
  GRU: gru,
  LSTM: lstm,
  RNN: rnn,
};
