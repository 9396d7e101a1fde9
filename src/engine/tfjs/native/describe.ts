import type { Environment } from '../../installation/program.js';
import { commandFor, obstacleOf, projectPackages, tensorFlowInstallations, type Obstacle } from './installations.js';
import { keptProof } from './proofs.js';
import { releaseFor } from './release.js';

/** What the `tfjs` engine runs on, told from what is installed and was proved; nothing is loaded for it. */
export type NativeTensorFlowDescription =
  | {
      readonly works: true;
      readonly package: string;
      /** Null for a package of the project's own, which was not tried. */
      readonly version: string | null;
      readonly device: 'cpu' | 'cuda' | null;
      readonly folder: string;
    }
  | ({ readonly works: false } & Omit<Obstacle, 'mend'> & {
        /** Null where nothing would help. */
        readonly mend: string | null;
      });

export function describeNativeTensorFlow(env: Environment = process.env): NativeTensorFlowDescription {
  const installations = tensorFlowInstallations(env);
  for (const installation of installations) {
    const proof = keptProof(installation);
    if (proof?.works !== true) continue;
    const { tensorflowVersion: version, device } = proof;
    return { works: true, package: installation.package, version, device, folder: installation.folder };
  }
  const [own] = projectPackages();
  if (own !== undefined) return { works: true, package: own.package, version: null, device: null, folder: own.place };
  const obstacle = installations[0] === undefined ? null : obstacleOf(installations[0]);
  if (obstacle !== null) return { works: false, ...obstacle };
  const mend = releaseFor(false) === null ? null : `Run \`${commandFor(false)}\`.`;
  return { works: false, because: 'native TensorFlow is not installed', mend };
}
