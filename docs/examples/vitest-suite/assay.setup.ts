import { matchers } from 'assay/jest';
import { expect } from 'vitest';

expect.extend(matchers);
