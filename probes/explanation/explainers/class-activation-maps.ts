import { Type, type Static } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import { defineExplainer, type ExplainContext, type Explained } from '#plugin/explainer';
import type { TargetFacts } from '#plugin/plugin';
import { channelAxis } from '#target/domain';
import { pictureShape, regionFeatures } from '../features/picture.js';
import { classActivation, type ClassActivation } from '../methods/class-activation.js';
import { mapLayerOf } from '../methods/map-layer.js';
import { resized } from '../methods/resize.js';
import { layeredTarget, scoreTrouble } from './gradient-question.js';

const Options = Type.Object(
  {
    layer: Type.Optional(
      Type.String({
        description: 'The layer at which the map is taken, by its name. Default: the last that gives a map.',
      }),
    ),
    relu: Type.Boolean({
      default: true,
      description: 'Whether what speaks against the score is cut off, as the paper does; other libraries keep it.',
    }),
  },
  { additionalProperties: false },
);

type Options = Static<typeof Options>;

export const gradCam = defineExplainer({
  ...shared('grad-cam'),
  title: 'Grad-CAM',
  description:
    'The channels of a late layer, each weighted by the mean gradient of the score there, summed and enlarged to the picture: where what the head looks at was found.',
  sources: ['Selvaraju et al. 2017, Grad-CAM, arXiv:1610.02391'],
});

export const gradCamPlusPlus = defineExplainer({
  ...shared('grad-cam-plus-plus'),
  title: 'Grad-CAM++',
  description:
    'Grad-CAM with weights from positive gradients, each with a share of its own, so that several objects of one kind are all found; for exp(score).',
  sources: ['Chattopadhay, Sarkar, Howlader & Balasubramanian 2018, Grad-CAM++, arXiv:1710.11063'],
});

export const layerCam = defineExplainer({
  ...shared('layer-cam'),
  title: 'Layer-CAM',
  description:
    'The channels of a layer, weighted at each position by the gradient there where it is positive, summed and enlarged.',
  sources: ['Jiang, Zhang, Hou, Cheng & Wei 2021, LayerCAM, doi:10.1109/TIP.2021.3089943'],
});

function shared(method: ClassActivation) {
  return {
    id: method,
    needs: ['gradients', 'layers'],
    role: 'explanation',
    options: Options,
    appliesTo: pictureTrouble,
    explain: (context: ExplainContext<Options>) => mapped(context, method),
  } as const;
}

function pictureTrouble(facts: TargetFacts): string | null {
  return facts.domain.kind === 'image' ? scoreTrouble(facts) : 'Maps of layers are for pictures.';
}

async function mapped(context: ExplainContext<Options>, method: ClassActivation): Promise<Explained> {
  const { sample, score, options } = context;
  const target = layeredTarget(context);
  const { domain } = target;
  if (domain.kind !== 'image') throw new AssayError('plugin', { what: 'it needs pictures' });
  const otherwise = channelAxis(domain) === 0 ? 'first' : 'last';
  const layer = mapLayerOf(await target.layers(), options.layer ?? null, otherwise);
  const map = await classActivation(target, sample.inputs, [score], layer, { method, relu: options.relu });
  const { height, width } = pictureShape(domain);
  const pixels = Int32Array.from({ length: height * width }, (_, i) => i);
  const size = map.shape.slice(1).join(' x ');
  const isEmpty = map.values.every((value) => value === 0);
  return {
    attribution: {
      values: resized(map, height, width).values,
      features: { ...regionFeatures(domain, pixels, pixels.length), names: pixelNames(height, width) },
    },
    details: [],
    statements: [
      `The map is that of the layer \`${layer.name}\`, ${size}, ${options.relu ? 'with' : 'without'} a last ReLU, enlarged by bilinear interpolation between the centres of its cells: finer than those it tells nothing.`,
      ...(isEmpty
        ? ['Nothing is left on the map: at this layer all that there is speaks against the score, or nothing for it.']
        : []),
      'Its values are no shares of the score: they add up to nothing in particular.',
    ],
  };
}

function pixelNames(height: number, width: number): string[] {
  return Array.from({ length: height * width }, (_, i) => `row ${Math.floor(i / width)}, column ${i % width}`);
}
