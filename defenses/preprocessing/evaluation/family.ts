import { adaptiveOutcomes, PreprocessingPolicy, standsAdaptively } from './judge.js';
import { preprocessingDetails } from './details.js';

/** What the plugins of this family have in common. */
export const preprocessor = {
  area: 'evasion',
  severity: 'medium',
  frameworks: {
    'mitre-atlas': ['AML.M0010'],
    'owasp-ml': ['ML01'],
    'eu-ai-act': ['15(1)', '15(4)', '15(5)'],
    'nist-ai-rmf': ['MEASURE 2.6', 'MEASURE 2.7'],
  },
  needs: ['scores', 'gradients'],
  data: ['test'],
  threat: null,
  policy: PreprocessingPolicy,
  presets: {
    baseline: { robustAccuracy: { atLeast: 0.5 }, cleanAccuracyDrop: { atMost: 0.05 } },
    strict: { robustAccuracy: { atLeast: 0.7 }, cleanAccuracyDrop: { atMost: 0.02 } },
    'high-risk': { robustAccuracy: { atLeast: 0.8 }, cleanAccuracyDrop: { atMost: 0.01 } },
  },
  judge: standsAdaptively,
  outcomes: adaptiveOutcomes,
  details: preprocessingDetails,
} as const;

export const ADVICE =
  'Do not count on it: train on adversarial examples (`training/adversarial`), and audit the new file without it.\n' +
  'Where it stays in front of the model for other reasons, declare it as `target.preprocessor`, so that attacks know it.';

export const ADVICE_TEXTS = {
  'zh-CN':
    '不要依赖它：改用对抗样本训练（`training/adversarial`），并在不带它的情况下审计新文件。\n' +
    '若因其他原因仍将它置于模型之前，请将其声明为 `target.preprocessor`，使攻击了解它的存在。',
  de:
    'Nicht darauf verlassen: mit adversarialen Beispielen trainieren (`training/adversarial`) und die neue Datei ohne sie prüfen.\n' +
    'Wo sie aus anderen Gründen vor dem Modell bleibt, als `target.preprocessor` angeben, damit Angriffe sie kennen.',
} as const;

/** How every plugin of the family is measured, after what it is. */
export const MEASURED = {
  en:
    'Measures the same test samples without and with it: clean, under an adversary who knows it, and, as no evidence, under ' +
    'inputs that were made against the bare model and are replayed. Only the adversary who knows it decides. ' +
    'The audited file is not changed.',
  'zh-CN':
    '在相同的测试样本上测量不带与带该防御时的表现：无攻击时、面对了解该防御的攻击者时，以及（不作为证据）重放针对裸模型生成的输入时。' +
    '只有了解该防御的攻击者起决定作用。被审计的文件不会改动。',
  de:
    'Misst dieselben Testdaten ohne und mit ihr: ohne Angriff, unter einem Angreifer, der sie kennt, und – ohne Beweiswert – ' +
    'mit Eingaben, die gegen das bloße Modell erzeugt und erneut vorgelegt werden. Nur der Angreifer, der sie kennt, entscheidet. ' +
    'Die geprüfte Datei bleibt unverändert.',
} as const;
