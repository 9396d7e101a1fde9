import { builtinPlugins } from '#builtin';
import { configFromValue } from '#config/value';
import { createRegistry } from '#plugin/registry';
import { temporaryFolder } from '../../../test/temporary-folder.js';
import { recipeOf, TRAINING, type RecipeChoice } from './recipe.js';

const plugin = createRegistry(builtinPlugins).get(TRAINING);

const RECIPE = { method: 'trades', epsilon: 0.1, epochs: 3 };

async function chosen(choice: RecipeChoice, audits: object = {}, cwd = '/there') {
  return recipeOf(await configFromValue({ audits }, { cwd, name: 'assay.config.json' }), plugin, choice, cwd);
}

const configured = (options: unknown) => ({ [TRAINING]: options });

test('the recipe is that of the config, and as it stands there', async () => {
  expect(await chosen({}, configured(RECIPE))).toEqual({ written: RECIPE, place: 'config' });
  expect(await chosen({}, configured([RECIPE]))).toEqual({ written: RECIPE, place: 'config' });
});

test('a file or a value comes before it, and what is said beside the recipe before both', async () => {
  const cwd = temporaryFolder({
    'recipe.yaml': 'method: fast\nepsilon: 0.2 # of [0, 1]\n',
    'recipe.json': '{ "method": "free", "epsilon": 0.3 }',
  });
  const own = configured(RECIPE);
  const written = async (choice: RecipeChoice) => (await chosen(choice, own, cwd)).written;
  expect(await written({ recipe: 'recipe.yaml' })).toEqual({ method: 'fast', epsilon: 0.2 });
  expect(await written({ recipe: 'recipe.json', epochs: 9 })).toEqual({ method: 'free', epsilon: 0.3, epochs: 9 });
  expect(await written({ recipe: { epsilon: 0.4 } })).toEqual({ epsilon: 0.4 });
  expect(await chosen({ method: 'pgd', epsilon: 1 }, own)).toEqual({
    written: { ...RECIPE, method: 'pgd', epsilon: 1 },
    place: 'elsewhere',
  });
});

test.each<[string, RecipeChoice, object, RegExp]>([
  ['no epsilon', {}, {}, /how large the changes are.*--epsilon/],
  ['two recipes', {}, configured([RECIPE, { epsilon: 0.2 }]), /2 recipes under .*name it with --recipe/],
  ['an unknown method', { method: 'pdg' }, configured(RECIPE), /`audits\["training\/adversarial"\]\.method` is "pdg"/],
  ['an unknown option', { recipe: { epsilon: 1, epoch: 3 } }, {}, /the recipe: `epoch`.*closest.*`epochs`/],
  ['parts that contradict each other', { recipe: { ...RECIPE, gradientPenalty: 1 } }, {}, /^the recipe: .*trades/],
  ['a file that is not there', { recipe: 'nowhere.json' }, {}, /nowhere\.json/],
])('%s is refused in one sentence', async (_, choice, audits, sentence) => {
  await expect(chosen(choice, audits)).rejects.toThrow(sentence);
});

test('what is wrong with a file is said with its line', async () => {
  const cwd = temporaryFolder({ 'r.yaml': 'epsilon: 0.2\nepochs: none\n', 'list.json': '[]' });
  await expect(chosen({ recipe: 'r.yaml' }, {}, cwd)).rejects.toThrow(/^r\.yaml:2:1: `epochs` is "none"/);
  await expect(chosen({ recipe: 'list.json' }, {}, cwd)).rejects.toThrow(/^list\.json/);
});
