import { explain } from './explain.js';

test('where the loader finds no driver, the step is named for each vendor', () => {
  const { because, mend } = explain('webgpu', 'No supported adapters.', 'Found no drivers!', true);
  expect(because).toBe('the Vulkan loader found no driver');
  expect(mend).toMatch(/AMD and Intel `apt-get install mesa-vulkan-drivers`/);
  expect(mend).toMatch(/NVIDIA.*`apt-get install libgl1 libegl1 .*`/);
});

test('no driver is asked for where there is no GPU', () => {
  expect(explain('webgpu', 'No supported adapters.', 'Found no drivers!', false)).toEqual({
    because: 'the Vulkan loader found no driver, and this machine shows no GPU',
    mend: 'Run it on a machine with a GPU.',
  });
});
