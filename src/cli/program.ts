import { Command } from 'commander';
import { packageVersion } from '#base/package-root';
import { EXIT, type ExitCode } from '#pipeline/exit-codes';
import type { AddCommand } from './add-command.js';
import { addAnonymize } from './commands/anonymize.js';
import { addAudit } from './commands/audit.js';
import { addBless } from './commands/bless.js';
import { addDemo } from './commands/demo.js';
import { addDoctor } from './commands/doctor.js';
import { addExplain } from './commands/explain.js';
import { addGate } from './commands/gate.js';
import { addHarden } from './commands/harden.js';
import { addInit } from './commands/init.js';
import { addList } from './commands/list.js';
import { addPlan } from './commands/plan.js';
import { addReport } from './commands/report.js';
import { addSetup } from './commands/setup.js';
import { addShow } from './commands/show.js';
import { reportError, usageSentence } from './errors.js';
import { examples } from './help.js';
import { printLine, type Io } from './io.js';

/** In the order in which a new user needs them. */
const COMMANDS: readonly AddCommand[] = [
  addDemo,
  addInit,
  addDoctor,
  addSetup,
  addPlan,
  addAudit,
  addExplain,
  addReport,
  addGate,
  addBless,
  addHarden,
  addAnonymize,
  addList,
  addShow,
];

/** Runs one command line, without the names of Node and of the program. Never throws. */
export async function runCli(args: readonly string[], io: Io): Promise<ExitCode> {
  let code: ExitCode = EXIT.passed;
  const finish = (decided: ExitCode) => (code = decided);
  const program = assay(io);
  for (const add of COMMANDS) add(program, io, finish);
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (thrown) {
    return reportError(thrown, io);
  }
}

function assay(io: Io): Command {
  return new Command('assay')
    .description(
      'Audits a machine-learning model before it is released: attacks it, explains it, checks and protects its data, hardens it.',
    )
    .version(packageVersion(), '-V, --version', 'print the version of Assay')
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: (message) => printLine(io.stderr, usageSentence(message)),
    })
    .addHelpText(
      'after',
      examples(['assay demo', 'assay init model.onnx --head classes', 'assay audit assay.config.json']),
    )
    .addHelpText('after', EXIT_CODES);
}

const EXIT_CODES = `
Exit codes:
  0    every verdict passed, or is waived
  1    at least one verdict is \`fail\`
  2    nothing failed, but something is inconclusive, missing or an error
  3    nothing was audited
  4    bad usage or bad input, before anything ran
  130  interrupted; the run can be resumed`;
