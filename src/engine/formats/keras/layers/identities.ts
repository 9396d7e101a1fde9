import { onlyTensor, realTensor, type Lowering } from '../lowering/layer.js';

/** A node of its own, so that training may drop. */
const dropout: Lowering = (layer, call) => {
  const value = realTensor(layer, call);
  return {
    ...value,
    name: layer.graph.node('Dropout', [value.name, layer.graph.scalar(layer.settings.number('rate'))]),
  };
};

const identity: Lowering = (layer, call) => onlyTensor(layer, call);

/** What only does something in training. */
const NOTHING_AT_INFERENCE =
  'ActivityRegularization AlphaDropout GaussianDropout GaussianNoise SpatialDropout1D SpatialDropout2D SpatialDropout3D ' +
  'RandomBrightness RandomColorDegeneration RandomColorJitter RandomContrast RandomElasticTransform RandomErasing ' +
  'RandomFlip RandomGaussianBlur RandomGrayscale RandomHeight RandomHue RandomInvert RandomPerspective ' +
  'RandomPosterization RandomRotation RandomSaturation RandomSharpness RandomShear RandomTranslation RandomWidth RandomZoom';

export const identityLayers: Readonly<Record<string, Lowering>> = {
  Dropout: dropout,
  Identity: identity,
  ...Object.fromEntries(NOTHING_AT_INFERENCE.split(' ').map((name) => [name, identity])),
};
