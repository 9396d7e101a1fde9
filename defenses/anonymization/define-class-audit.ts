import type { Static, TObject } from '@sinclair/typebox';
import type { TableSource } from '#data/table';
import { defineDefense, type PluginFactory } from '#plugin/define';
import type { Plugin, RunContext } from '#plugin/plugin';
import { auditClasses, populationOf, tableOf, type ClassAudit, type ClassAuditEvidence } from './class-audit.js';
import { classDetails } from './class-details.js';
import { CLASS_PRESETS, ClassPolicy, judgeClasses } from './class-judge.js';
import { RE_IDENTIFICATION } from './class-options.js';

type Told = 'id' | 'title' | 'failureTitle' | 'description' | 'sources' | 'severity' | 'advice' | 'texts';

interface Spec<Options extends TObject> extends Pick<Plugin<Options>, Told | 'options'> {
  readonly readsPopulation: boolean;
  checkOptions?(options: Static<Options>): void;
  /** Paths of files that the options name. */
  files?(options: Static<Options>): readonly string[];
  /** The models that the classes are held against. */
  readonly audit: (
    options: Static<Options>,
    context: { readonly table: Pick<TableSource, 'columns'> } & Pick<RunContext<unknown>, 'readFile'>,
  ) => ClassAudit | Promise<ClassAudit>;
}

/** An audit of the classes of a table by privacy models: everything but the models and the words. */
export function defineClassAudit<Options extends TObject>({
  readsPopulation,
  audit,
  ...told
}: Spec<Options>): PluginFactory<Options, typeof ClassPolicy, ClassAuditEvidence> {
  const evidence = async (context: RunContext<Static<Options>>) => {
    const table = tableOf(context, told.id);
    const population = readsPopulation ? populationOf(context, told.id) : null;
    const asked = await audit(context.options, { table, readFile: context.readFile });
    return { data: await auditClasses(table, population, asked, context.keep) };
  };
  return defineDefense({
    ...told,
    area: 'data',
    frameworks: RE_IDENTIFICATION,
    needs: [],
    data: readsPopulation ? ['table', 'population'] : ['table'],
    threat: null,
    policy: ClassPolicy,
    presets: CLASS_PRESETS,
    cost: () => ({ predictions: 0, gradients: 0 }),
    run: evidence,
    judge: judgeClasses,
    details: classDetails,
  });
}
