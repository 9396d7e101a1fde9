import { resolve } from 'node:path';
import { AssayError } from '#base/errors';
import type { LoadedConfig } from '#config/loaded';
import type { StoredSamples } from '#data/streams/stored-samples';
import { resolveDevice, type Device, type DeviceChoice } from '#engine/index';
import type { TargetCard } from '#report/report';
import { inspect } from './inspect.js';
import { newestUnfinished, readPlan } from './run-folder.js';
import type { PlanOptions, TargetFiles, TargetInput } from './types.js';

export interface PlacedTarget {
  readonly target: TargetInput;
  readonly card: TargetCard;
}

/**
 * Decides on which device a target is executed, and has it opened there. `auto` takes the device that a resumed run was begun on,
 * else the fastest that works; where the model does not run on that as it does on the CPU, the card says so and names the CPU.
 *
 * @throws AssayError `config` where a device that was named, or that a run was begun on, does not work
 */
export async function placeTarget(
  files: TargetFiles,
  test: StoredSamples | null,
  { config, digest }: LoadedConfig,
  { device: named = config.device, resume = false, signal }: PlanOptions,
): Promise<PlacedTarget> {
  const open = async (device: Device): Promise<PlacedTarget> => {
    const target = { ...files, device };
    return { target, card: await inspect(target, test, config, signal) };
  };
  if (files.model.engine === 'tfjs') {
    refuseNamedDevice(named);
    return open('cpu');
  }
  if (named !== 'auto') return open(await resolveDevice(named, signal));
  const begun =
    resume === false ? null : deviceOfRun(resume === 'latest' ? newestUnfinished(config.out, digest) : resume);
  if (begun !== null) return open(await stillThere(begun, signal));
  const fastest = await resolveDevice('auto', signal);
  try {
    return await open(fastest);
  } catch (thrown) {
    if (fastest === 'cpu' || !(thrown instanceof AssayError) || thrown.code === 'interrupted') throw thrown;
    const { target, card } = await open('cpu');
    return {
      target,
      card: { ...card, notes: [...card.notes, `${fastest} works here but was not taken: ${thrown.what}`] },
    };
  }
}

/** TensorFlow.js takes the first of its back ends that works, and the card says which. */
function refuseNamedDevice(named: DeviceChoice): void {
  if (named === 'auto' || named === 'cpu') return;
  throw new AssayError('config', {
    where: 'device',
    what: `it is \`${named}\`, and the model is executed by TensorFlow.js, which chooses its device itself`,
    mend: 'Leave `device` out.',
  });
}

function deviceOfRun(folder: string | null): Device | null {
  return folder === null ? null : ((readPlan(resolve(folder)).plan.target?.device ?? null) as Device | null);
}

async function stillThere(device: Device, signal: AbortSignal | undefined): Promise<Device> {
  try {
    return await resolveDevice(device, signal);
  } catch (thrown) {
    if (!(thrown instanceof AssayError) || thrown.code !== 'config') throw thrown;
    throw new AssayError('config', {
      where: 'device',
      what: `the run to go on with was begun on \`${device}\`: ${thrown.what}`,
      mend: `${thrown.mend ?? ''} Or begin another run without \`--resume\`.`.trim(),
      cause: thrown,
    });
  }
}
