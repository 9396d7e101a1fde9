import { builtinPlugins } from '#builtin';
import type { TargetFacts } from '#plugin/plugin';

const texts: TargetFacts = { domain: { kind: 'text', shape: [64] }, head: { kind: 'classes', count: 2 } };

/** Which attacks, defenses and probes there are of texts: whatever asks for a ball, pixels or columns says that it is none. */
const OF_ANY_TARGET = builtinPlugins.filter(({ needs }) => needs.length > 0);

test.each(OF_ANY_TARGET.map((plugin) => [plugin.id, plugin] as const))(
  '%s says of texts whether it applies',
  (id, plugin) => {
    const because = plugin.appliesTo?.(texts, {}) ?? null;
    if (/^(evasion|preprocessing)\//.test(id)) expect(because).not.toBeNull();
    // One sentence, which the plan begins with a capital and ends with a full stop.
    if (because !== null) expect(because).toMatch(/^[^.\n]{20,120}$/);
  },
);
