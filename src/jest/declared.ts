import type { SamplesConfig, TableConfig, TargetConfig } from '#config/schema';
import type { FunctionConfig } from '#target/function-target';
import type { Target } from '#target/target';

/** A target given as a file: it runs in a worker process, outside of the test's own context. */
export interface FileTarget {
  readonly kind: 'file-target';
  readonly config: TargetConfig;
}

/** Samples given as files, read outside of the test's own context. */
export interface FileSamples {
  readonly kind: 'file-samples';
  readonly config: SamplesConfig;
}

/** A table given as a file, with the role of each column. */
export interface FileTable {
  readonly kind: 'file-table';
  readonly config: TableConfig;
}

/** Declares a model file, an endpoint or a module as the target of matchers. Paths are relative to the working directory. */
export function target(config: TargetConfig): FileTarget {
  return { kind: 'file-target', config };
}

/** Declares files of inputs and labels for matchers. Paths are relative to the working directory. */
export function samples(config: SamplesConfig): FileSamples {
  return { kind: 'file-samples', config };
}

/** Declares a table of records for matchers. Its path is relative to the working directory. */
export function table(config: TableConfig): FileTable {
  return { kind: 'file-table', config };
}

export function isFileTarget(value: unknown): value is FileTarget {
  return isOfKind(value, 'file-target');
}

export function isFileSamples(value: unknown): value is FileSamples {
  return isOfKind(value, 'file-samples');
}

export function isFileTable(value: unknown): value is FileTable {
  return isOfKind(value, 'file-table');
}

/** A model as a function of the test, with all that a config says of it. */
export function isFunctionModel(value: unknown): value is FunctionConfig {
  return (
    typeof value === 'object' && value !== null && 'predict' in value && 'shape' in value && !('capabilities' in value)
  );
}

export function isLiveTarget(value: unknown): value is Target {
  return typeof value === 'object' && value !== null && 'predict' in value && 'capabilities' in value;
}

function isOfKind(value: unknown, kind: string): boolean {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind;
}
