import { basename } from 'node:path';
import { digestOfJson } from '#base/digest';
import { AssayError } from '#base/errors';
import { counted } from '#base/format';
import { sizeOf } from '#base/tensor';
import type { ImageDomain } from '#target/domain';
import { unknownLabels, type Labels } from '#target/head';
import type { GroupColumn } from '#target/sample-source';
import { csvColumns } from '../csv.js';
import { fileCard, readSourceFile, type FileCard, type SourceFile } from '../file.js';
import { decodePicture } from '../images/decode.js';
import { classFolders, listedPicture, picturesOf, type ClassFolder, type PictureFile } from '../images/folder.js';
import { preparationOf } from '../images/preparation.js';
import { arrange, channelsOf, fitted } from '../images/steps.js';
import { nameHint } from '../tables/columns.js';
import { checkInputs, levelsOf } from '../sample-inputs.js';
import { decodeLevels } from '../streams/stored-samples.js';
import { labelsOfText } from './named-labels.js';
import type { PicturePreparation, SampleFacts, Source, SourceConfig } from './source.js';

/** Of one file: no camera writes more, and it is read whole. */
const MAX_FILE_BYTES = 2 ** 28;

interface Listed {
  readonly pictures: readonly PictureFile[];
  readonly labels: Labels;
  readonly groups: readonly GroupColumn[];
  readonly list: SourceFile | null;
}

/**
 * Samples in a folder of pictures. Only those that are taken are decoded, one after the other, so that never more than
 * one is held as it was stored.
 *
 * @throws AssayError `data` naming the file that is wrong
 */
export async function pictureSource(config: SourceConfig, facts: SampleFacts): Promise<Source> {
  const { domain } = facts;
  if (domain.kind !== 'image') {
    throw new AssayError('data', {
      where: config.inputs,
      what: `a folder of pictures is given, and the domain of the target is \`${domain.kind}\``,
    });
  }
  const steps = await preparationOf(config.pictures, facts.pictures ?? null, domain);
  const listed = await listedIn(config, facts);
  const scale = config.scale ?? steps.rescale ?? undefined;
  const read: FileCard[] = [];
  return {
    available: listed.pictures.length,
    labels: listed.labels,
    groups: listed.groups,
    stream(indices) {
      const chosen = indices.flatMap((index) => listed.pictures[index] ?? []);
      const decoding = { domain, steps, scale, folder: config.inputs, read };
      return { kind: 'bytes', levels: levelsOf(domain, scale), blocks: decoded(chosen, decoding) };
    },
    files: () => [folderCard(config.inputs, listed, read), ...(listed.list === null ? [] : [fileCard(listed.list)])],
  };
}

/**
 * One picture from elsewhere, made into an input as those of the data are: [...shape] in the units of the domain.
 *
 * @throws AssayError `data` where it cannot be read or does not fit the target
 */
export async function pictureInput(
  path: string,
  { pictures, scale }: Pick<SourceConfig, 'pictures' | 'scale'>,
  facts: SampleFacts,
): Promise<Float32Array> {
  const { domain } = facts;
  if (domain.kind !== 'image') {
    throw new AssayError('usage', {
      where: path,
      what: `a file is given, which is read as a picture, and the domain of the target is \`${domain.kind}\``,
    });
  }
  const steps = await preparationOf(pictures, facts.pictures ?? null, domain);
  const rescale = scale ?? steps.rescale ?? undefined;
  const decoding = { domain, steps, scale: rescale, folder: path, read: [] };
  const input = new Float32Array(sizeOf(domain.shape));
  for await (const bytes of decoded([{ path, name: basename(path) }], decoding)) {
    decodeLevels(bytes, levelsOf(domain, rescale), input);
  }
  return input;
}

/** All pictures are one file of a report: its digest is of the names of all, and the contents of those that were taken. */
function folderCard(folder: string, { pictures }: Listed, read: readonly FileCard[]): FileCard {
  return {
    name: basename(folder),
    sha256: digestOfJson({ names: pictures.map(({ name }) => name), read }),
    bytes: read.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

interface Decoding {
  readonly domain: ImageDomain;
  readonly steps: PicturePreparation;
  readonly scale: number | undefined;
  readonly folder: string;
  /** Takes what was read. */
  readonly read: FileCard[];
}

/** One picture a block. */
async function* decoded(
  pictures: readonly PictureFile[],
  { domain, steps, scale, folder, read }: Decoding,
): AsyncGenerator<Uint8Array> {
  const size = sizeOf(domain.shape);
  for (const [i, { path, name }] of pictures.entries()) {
    const file = await readSourceFile(path, MAX_FILE_BYTES);
    read.push({ name, sha256: file.digest, bytes: file.bytes.length });
    const options = { channels: channelsOf(steps.channels), orient: steps.orient };
    const picture = fitted(await decodePicture(file.bytes, options, path), steps, path);
    checkFit(picture, domain, path);
    const data = new Uint8Array(size);
    arrange(picture, steps.channels, domain.layout, data);
    checkInputs({ name: folder, shape: [1, ...domain.shape], data }, domain, scale, i);
    yield data;
  }
}

function checkFit(
  { width, height }: { width: number; height: number },
  { layout, shape }: ImageDomain,
  path: string,
): void {
  const [wantedHeight = 0, wantedWidth = 0] = layout === 'NCHW' ? shape.slice(1) : shape;
  if (height === wantedHeight && width === wantedWidth) return;
  throw new AssayError('data', {
    where: path,
    what: `the picture is ${width} x ${height} pixels and the target takes ${wantedWidth} x ${wantedHeight}`,
    mend: `Set \`pictures.resize\` to [${wantedHeight}, ${wantedWidth}], or to what the model was trained with and \`pictures.crop\`.`,
  });
}

function listedIn({ inputs, labels }: SourceConfig, facts: SampleFacts): Promise<Listed> {
  if (labels !== undefined) return byList(inputs, labels, facts);
  return facts.truth === 'none' ? ofNoClass(inputs, facts) : byFolder(inputs, facts);
}

async function ofNoClass(folder: string, { head }: SampleFacts): Promise<Listed> {
  const pictures = await picturesOf(folder);
  return { pictures, labels: unknownLabels(head, pictures.length), groups: [], list: null };
}

async function byFolder(folder: string, facts: SampleFacts): Promise<Listed> {
  const classes = await classFolders(folder);
  const places = placesOf(classes, facts, folder);
  const pictures = classes.flatMap((each) => each.pictures);
  const texts = classes.flatMap((each, i) => each.pictures.map(() => String(places[i] ?? -1)));
  const numbers = { head: facts.head };
  return { pictures, labels: labelsOfText(texts, numbers, folder), groups: [], list: null };
}

/** The class of each folder: the place of its name in the target's labels, or of the folder among all. */
function placesOf(classes: readonly ClassFolder[], { head, labels }: SampleFacts, folder: string): number[] {
  const count = head.kind === 'classes' ? head.count : head.kind === 'binary' ? 2 : null;
  if (count === null) {
    throw new AssayError('data', {
      where: folder,
      what: `a folder a class is one label a sample, and the head is \`${head.kind}\``,
      mend: 'Name in `labels` a CSV of `file` and `label`.',
    });
  }
  if (labels != null) {
    return classes.map(({ name }) => {
      const place = labels.indexOf(name);
      if (place !== -1) return place;
      throw new AssayError('data', {
        where: `${folder}/${name}`,
        what: 'the folder has the name of no class in `target.labels`',
        mend: `The labels are ${labels
          .slice(0, 20)
          .map((label) => JSON.stringify(label))
          .join(', ')}.`,
      });
    });
  }
  if (classes.length === count) return [...classes.keys()];
  throw new AssayError('data', {
    where: folder,
    what: `there ${classes.length === 1 ? 'is' : 'are'} ${counted(classes.length, 'folder')}, and the target has ${count} classes`,
    mend: 'List the names of the classes in `target.labels`, in the order of the scores.',
  });
}

async function byList(folder: string, path: string, facts: SampleFacts): Promise<Listed> {
  const list = await readSourceFile(path);
  const { names, values } = csvColumns(list, {});
  const valuesOf = (wanted: string) => {
    const column = values[names.indexOf(wanted)];
    if (column !== undefined) return column;
    throw new AssayError('data', {
      where: `${path}, header`,
      what: `there is no column ${JSON.stringify(wanted)}`,
      mend: `A list of pictures has the columns \`file\` and \`label\`. ${nameHint(names, wanted)}`,
    });
  };
  const pictures: PictureFile[] = [];
  for (const [i, name] of valuesOf('file').entries()) {
    const where = `${path}, record ${i + 1}`;
    if (name === null) throw new AssayError('data', { where, what: 'no file is named' });
    pictures.push(await listedPicture(folder, name, where));
  }
  if (pictures.length === 0) throw new AssayError('data', { where: path, what: 'no pictures are listed' });
  const groups = names.flatMap((name, i) =>
    name === 'file' || name === 'label' ? [] : [{ name, values: values[i] ?? [] }],
  );
  return {
    pictures,
    labels: labelsOfText(valuesOf('label'), facts, path),
    groups,
    list,
  };
}
