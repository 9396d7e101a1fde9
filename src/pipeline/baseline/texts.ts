import type { PluginTexts } from '#plugin/plugin';

/** The words of comparisons with a baseline, which are findings like those of plugins. */

const ENGLISH: PluginTexts = {
  threat: null,
  title: 'Is no worse than the baseline',
  failureTitle: 'Has become worse than the baseline',
  description:
    'Compares, sample by sample, what holds now with what held in the run that was blessed as the baseline. A rate counts ' +
    'as worse only where so many losses would be rare if losing and winning a sample were equally likely.',
  advice:
    'Look at the samples that were lost: they are the same in both runs, so that the change lies in the model.\n' +
    'If the loss is wanted, bless this run (`assay bless <run>`) and commit the new baseline with the reason.',
};

const GERMAN: PluginTexts = {
  threat: null,
  title: 'Ist nicht schlechter als die Baseline',
  failureTitle: 'Ist schlechter geworden als die Baseline',
  description:
    'Vergleicht Beispiel für Beispiel, was jetzt standhält, mit dem, was in dem als Baseline festgelegten Lauf standhielt. Eine ' +
    'Rate gilt nur dann als schlechter, wenn so viele Verluste selten wären, falls Verlust und Gewinn eines Beispiels gleich wahrscheinlich sind.',
  advice:
    'Sehen Sie sich die verlorenen Beispiele an: Sie sind in beiden Läufen dieselben, die Änderung liegt also im Modell.\n' +
    'Ist der Verlust gewollt, legen Sie diesen Lauf als Baseline fest (`assay bless <run>`) und committen Sie sie mit der Begründung.',
};

const CHINESE: PluginTexts = {
  threat: null,
  title: '不差于基线',
  failureTitle: '比基线更差',
  description:
    '逐样本比较当前仍然成立的结果与被确认为基线的那次运行中的结果。只有当“失去”和“赢得”一个样本的可能性相同、而如此多的损失仍属罕见时，该比率才算变差。',
  advice:
    '请查看失去的样本：两次运行使用的样本相同，因此变化来自模型。\n' +
    '如果这一损失是有意的，请将本次运行确认为基线（`assay bless <run>`），并连同理由一起提交。',
};

export const COMPARISON_TEXTS = { ...ENGLISH, texts: { 'zh-CN': CHINESE, de: GERMAN } };
