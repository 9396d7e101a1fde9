import type { ReportInput } from '#plugin/plugin';

const USUAL_NAME = 'assay.config.json';

/** The config as a path from where the run was started, with forward slashes; reports of versions before know its name. */
export function configFile({ report, timings }: Pick<ReportInput, 'report' | 'timings'>): string {
  const path = [timings.config, report.provenance.config].find((each) => each !== undefined && each !== '');
  const isWindows = timings.host.platform.startsWith('win32');
  return (isWindows ? path?.replaceAll('\\', '/') : path) ?? USUAL_NAME;
}
