const { audit } = require('assay');
const { describeAudit } = require('assay/jest');

// One test for each audit of the config, and one for the gate. What the policy waives passes. Paths in a config are
// relative to it.
describeAudit('assay.config.json');

// A report that is there already is looked at at once: nothing is awaited, so matchers can stand in expected values.
test('a report can be asked', async () => {
  const file = 'node_modules/assay/fixtures/data/adult-generalized.csv';
  const { report } = await audit({
    data: { table: { file, roles: { sex: 'quasi-identifier', race: 'quasi-identifier' } } },
    audits: { 'anonymization/k-anonymity': { k: 5 } },
  });
  expect(report).toPassAudit('anonymization/k-anonymity');
  expect(report.findings).toContainEqual(expect.toPassAudit('anonymization/k-anonymity', { options: { k: 5 } }));
}, 120_000);
