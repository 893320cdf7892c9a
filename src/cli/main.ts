#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { registerAverage } from './average.ts';
import { registerBench } from './bench.ts';
import { describe, exitCode, log } from './console.ts';
import { registerData } from './dataCommand.ts';
import { registerDemo } from './demo.ts';
import { registerEvaluate } from './evaluate.ts';
import { registerExport } from './export.ts';
import { registerInspect } from './inspect.ts';
import { registerPredict } from './predict.ts';
import { registerReport } from './report.ts';
import { registerReproduce } from './reproduce/reproduce.ts';
import { registerScore } from './score.ts';
import { registerServe } from './serve.ts';
import { registerTrain } from './train.ts';
import { readVersion } from './versions.ts';

const program = new Command('heed')
  .description(
    'Sequence-to-sequence learning with recurrent networks and attention: train, inspect and ship.',
  )
  .version(readVersion())
  .exitOverride()
  .showHelpAfterError("(see 'heed --help')");

for (const register of [
  registerDemo,
  registerTrain,
  registerAverage,
  registerExport,
  registerPredict,
  registerEvaluate,
  registerScore,
  registerInspect,
  registerReport,
  registerData,
  registerBench,
  registerReproduce,
  registerServe,
])
  register(program);
for (const command of program.commands) {
  for (const part of [command, ...command.commands]) {
    const name = part === command ? part.name() : `${command.name()} ${part.name()}`;
    part.exitOverride().showHelpAfterError(`(see 'heed ${name} --help')`);
  }
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    log(describe(error));
    process.exitCode = exitCode(error);
  }
}
