import { describeReferences } from '../../test/describe-references.js';

describeReferences({ seeds: 3, images: {} });
