import { kindProblems } from './black-box-problems.js';
import type { Config, TargetConfig } from './schema.js';

const domain = { kind: 'tabular', range: [0, 1] } as const;
const endpoint = {
  url: 'https://models.example/predict',
  head: 'classes',
  domain,
  shape: [4],
  gives: 'logits',
} as const;
const code = { module: './model.mjs', head: 'classes', domain, shape: [4], gives: 'logits' } as const;

const sentences = (target: object, device?: Config['device']): readonly string[] =>
  kindProblems({ target: target as TargetConfig, ...(device === undefined ? {} : { device }) }).map(({ what }) => what);

test.each([
  ['a file', { file: 'm.onnx', head: 'classes', domain }],
  ['an endpoint', endpoint],
  [
    'one with all that it may have',
    { ...endpoint, outputs: 3, budget: 10, token: { env: 'T' }, ca: 'ca.pem', traffic: {} },
  ],
  ['one on this machine, with a token', { ...endpoint, url: 'http://127.0.0.1:8080/', token: { env: 'T' } }],
  ['a module', { ...code, budget: 5 }],
])('%s is one target', (_, target) => {
  expect(sentences(target)).toEqual([]);
});

test.each([
  ['nothing', { head: 'classes', domain }, '`target.file` is missing, and nothing stands for it'],
  [
    'two at once',
    { ...endpoint, file: 'm.onnx' },
    '`target.url` is "https://models.example/predict", beside `target.file`: a target is one of them',
  ],
  [
    'a file that gives',
    { file: 'm.onnx', gives: 'logits' },
    '`target.gives` is for an endpoint or module, and `target.file` names a model file',
  ],
  ['a file with a token', { file: 'm.onnx', token: { env: 'T' } }, '`target.token` is for an endpoint, and'],
  [
    'a module with traffic',
    { ...code, traffic: {} },
    '`target.traffic` is for an endpoint, and `target.module` names a module',
  ],
  ['an output of an endpoint', { ...endpoint, output: 'y' }, '`target.output` is for a model file'],
  ['no shape', { ...endpoint, shape: undefined }, '`target.shape` is missing, and an endpoint needs it'],
  ['no meaning', { ...code, gives: undefined }, '`target.gives` is missing, and a module needs it'],
  ['no URL', { ...endpoint, url: 'models/predict' }, '`target.url` is "models/predict", and no URL'],
  ['a file URL', { ...endpoint, url: 'file:///etc/passwd' }, 'must begin with https:// or http://'],
  ['a fragment', { ...endpoint, url: 'https://a/#b' }, 'has a part behind #'],
  [
    'a token in the clear',
    { ...endpoint, url: 'http://models.example/', token: { env: 'T' } },
    'a token is only sent by https://',
  ],
  [
    'a secret header',
    { ...endpoint, request: { headers: { authorization: 'Bearer x' } } },
    'is a secret: give it by `target.token`',
  ],
  [
    'a header of ours',
    { ...endpoint, request: { headers: { 'Content-Length': '1' } } },
    'is a header that Assay sets itself',
  ],
  [
    'a header that splits',
    { ...endpoint, request: { headers: { 'x-a': 'b\r\nc: d' } } },
    'holds a character that no header may have',
  ],
  ['no header name', { ...endpoint, token: { env: 'T', header: 'a b' } }, 'is not the name of a header'],
  [
    'a scheme that splits',
    { ...endpoint, token: { env: 'T', scheme: 'a\nb' } },
    'holds a character that no header may have',
  ],
])('%s is refused in one sentence', (_, target, sentence) => {
  const found = sentences(target);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(sentence);
});

test('credentials in a URL are refused and not shown', () => {
  const [sentence = ''] = sentences({ ...endpoint, url: 'https://me:hunter2@models.example/' });
  expect(sentence).toContain('give them by `target.token`');
  expect(sentence).not.toContain('hunter2');
});

test('a device is not chosen for an endpoint', () => {
  expect(sentences(endpoint, 'cuda')).toEqual(['`device` is "cuda", and an endpoint runs where it runs']);
  expect(sentences(endpoint, 'auto')).toEqual([]);
});
