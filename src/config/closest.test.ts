import { closest } from './closest.js';

const IDS = ['evasion/pgd', 'evasion/fgsm', 'evasion/noise', 'training/fgsm', 'explanation/completeness'];
const KEYS = ['seed', 'out', 'keep', 'target', 'epsilons'];

describe('closest', () => {
  test.each([
    ['evasion/pdg', IDS, 'evasion/pgd'],
    ['pgd', IDS, 'evasion/pgd'],
    ['evasoin/nosie', IDS, 'evasion/noise'],
    ['Evasion/PGD', IDS, 'evasion/pgd'],
    ['seeds', KEYS, 'seed'],
    ['SEED', KEYS, 'seed'],
    ['epsilon', KEYS, 'epsilons'],
    ['traget', KEYS, 'target'],
  ])('%s is meant as one of %j: %s', (word, known, expected) => {
    expect(closest(word, known)).toBe(expected);
  });

  test.each([
    ['a name that two folders have', 'fgsm', IDS],
    ['a word like none', 'xyzzy', KEYS],
    ['a letter', 'o', KEYS],
    ['nothing', '', KEYS],
    ['a word among no words', 'seed', []],
    ['a word of a megabyte', 's'.repeat(1024 * 1024), KEYS],
  ])('%s is not guessed', (_, word, known) => {
    expect(closest(word, known)).toBeNull();
  });
});
