import { counted, formatCount, NO_BREAK } from '../../../format.js';
import type { FeatureWords } from './en.js';

export const deFeatures: FeatureWords = {
  name: 'Merkmal',
  value: 'Sein Wert',
  contribution: 'Beitrag',
  standardError: 'Standardfehler',
  none: 'Es gibt kein Merkmal zu zeigen.',
  base: 'Grundwert',
  prediction: 'Vorhersage',
  others: (count) => counted(count, 'weiteres Merkmal', 'weitere Merkmale'),
  residual: 'Nicht zugeordnet',
  directions: 'Orange Balken heben den Wert, blaue schraffierte senken ihn.',
  errors: `Fehlerbalken sind 95-%-Intervalle.`,
  waterfall: (base, prediction, strongest) => `Von ${base} bis ${prediction}; die größten Beiträge: ${strongest}`,
  largest: (strongest) => `Die größten: ${strongest}`,
  dots: 'Ein Punkt ist ein Beispiel; je voller er ist, desto höher ist der Wert des Merkmals selbst. Punkte, die andere verdecken würden, sind nach oben oder unten verschoben und entfallen, wo eine Bahn voll ist. Die Zahl ist die mittlere Größe der Beiträge.',
  dotsOf: (shown, all) =>
    `Von ${formatCount(all)} Beispielen je Merkmal sind ${formatCount(shown)} gezeichnet, gleichmäßig nach ihrem Beitrag.`,
  dotValue: 'Wert des Merkmals, von niedrig bis hoch',
  dotNone: 'ohne Ordnung',
  samples: 'Beispiele',
  meanSize: 'Mittlere Größe',
  lowest: 'Niedrigster',
  highest: 'Höchster',
  lines: (shown, all) =>
    shown === all
      ? `Dünne Linien sind ${counted(all, 'Beispiel', 'Beispiele')}.`
      : `Dünne Linien sind ${formatCount(shown)} von ${counted(all, 'Beispiel', 'Beispielen')}.`,
  rug: 'Striche über der Achse zeigen, wo die Daten liegen.',
  lowestLine: 'Niedrigste Linie',
  highestLine: 'Höchste Linie',
  negative: 'negativ, schraffiert',
  positive: 'positiv',
  mapScale: (scale) =>
    `Orange ist positiv, Blau und schraffiert negativ; die volle Farbe steht in jeder solchen Karte dieser Seite für ${scale}.`,
  mapUnit: 'Zuordnung',
  mapSum: (sum) => `Summe ${sum}`,
  mapPlace: (value, row, column) => `${value} in Zeile ${row}, Spalte ${column}`,
  mapPart: 'Teil der Karte',
  mapDown: (sample, from, to) => `${sample}, Höhe ${from} bis ${to}${NO_BREAK}%`,
  mapAcross: (from, to) => `Breite ${from} bis ${to}${NO_BREAK}%`,
  mapTable: 'Summen über Teile der Karten',
  token: 'Token',
  sample: 'Beispiel',
  position: 'Stelle',
  strongestTokens: 'Die Token mit den größten Werten',
};
