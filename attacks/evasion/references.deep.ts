import { describeReferences } from '../../test/describe-references.js';

describeReferences({ models: ['fashion-cnn', 'fashion-cnn-robust'], seeds: 3, images: {} });
