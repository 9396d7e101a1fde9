import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, totalmem } from 'node:os';
import { basename, isAbsolute, resolve } from 'node:path';
import { digestOfBytes } from '#base/digest';
import { AssayError } from '#base/errors';
import { packageVersion } from '#base/package-root';
import { nameIn } from '#config/document/find';
import { positionAt } from '#config/place';
import { commandOf, resumeCommandOf } from './command.js';
import { RUN_VERSION, type JournalEntry, type Opened, type PlanFile } from './records.js';
import { checkResumable, createNamedRunFolder, createRunFolder, findUnfinished, hasPlan } from './run-folder.js';
import type { PlannedRun, RunOptions } from './types.js';

/** The folder that a run works in, new or found. */
export interface OpenFolder {
  readonly folder: string;
  readonly resumed: boolean;
}

/**
 * Finds the run folder to go on in, or makes one. Without an unfinished run of the plan, `latest` begins a new one: a
 * run may have been killed before it left anything.
 */
export function openFolder(
  { plan, loaded }: PlannedRun,
  { resume, folder: named }: Pick<RunOptions, 'resume' | 'folder'>,
): OpenFolder {
  const { out } = loaded.config;
  if (named !== undefined && hasPlan(named)) return { folder: checkResumable(named, plan.digest), resumed: true };
  if (resume !== false && resume !== 'latest') {
    return { folder: checkResumable(resolve(resume), plan.digest), resumed: true };
  }
  const unfinished = resume === 'latest' ? findUnfinished(out, plan.digest) : null;
  if (unfinished !== null) return { folder: unfinished, resumed: true };
  const cells = plan.cells.map((cell) => ({ ...cell, data: [...cell.data] }));
  const file: PlanFile = {
    version: RUN_VERSION,
    tool: { name: 'assay', version: packageVersion() },
    versions: versions(),
    plan: { ...plan, cells, data: [...plan.data] },
  };
  const folder = named === undefined ? createRunFolder(out, file, new Date()) : createNamedRunFolder(named, file);
  return { folder, resumed: false };
}

/** How a process begins, or goes on with, a run. A resumed run keeps the day of its start. */
export function openedEntry(planned: PlannedRun, before: readonly JournalEntry[], today: string | undefined): Opened {
  const { config, policy, digest, baseline, file, positions } = planned.loaded;
  const { workers, batchSize, threads } = config.execution;
  const at = new Date().toISOString();
  return {
    kind: 'opened',
    at,
    today: before.find((entry) => entry.kind === 'opened')?.today ?? today ?? at.slice(0, 10),
    policy: { file: policy.file === null ? null : basename(policy.file), policy: policy.policy, digest: policy.digest },
    baseline:
      baseline === null
        ? null
        : {
            file: basename(baseline.file),
            digest: digestOfBytes(Buffer.from(baseline.text)),
            place: positionAt(positions, ['baseline']) ?? null,
          },
    config: relativeName(file),
    configDigest: digest,
    command: commandOf(planned),
    only: [...(planned.options.only ?? [])],
    samples: config.samples,
    language: config.language,
    host: {
      platform: `${process.platform} ${process.arch}`,
      cpus: availableParallelism(),
      memoryMiB: Math.round(totalmem() / 2 ** 20),
      node: process.versions.node,
    },
    execution: { workers, batchSize, threads },
  };
}

/**
 * What ended a run under way, with the command that goes on with it: the disk, an interruption. Anything else is thrown
 * on as it is.
 */
export function underWay(thrown: unknown, folder: string, planned: PlannedRun): unknown {
  if (!(thrown instanceof AssayError)) return thrown;
  const again = resumeCommandOf(planned, folder);
  if (thrown.code === 'interrupted') {
    return new AssayError('interrupted', {
      where: folder,
      what: 'the run was interrupted',
      mend: `Go on with \`${again}\`.`,
      cause: thrown,
    });
  }
  if (thrown.code !== 'output') return thrown;
  const { what, where = folder } = thrown;
  return new AssayError('run', { where, what, mend: `Mend that and go on with \`${again}\`.`, cause: thrown });
}

/** Of Assay, of Node and of the engine. */
export function versions(): Record<string, string> {
  const runtime = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
  const manifest = JSON.parse(readFileSync(runtime, 'utf8')) as { readonly version: string };
  return { assay: packageVersion(), node: process.versions.node, 'onnxruntime-node': manifest.version };
}

/** Where an editor or a code host finds the config from here; its bare name where it lies elsewhere. */
function relativeName(file: string): string {
  const name = nameIn(process.cwd(), file);
  return isAbsolute(name) ? basename(file) : name;
}
