/** Commands in this process, for tests with many of them: starting one anew takes longer than most of them do. */
import { chdir, cwd, env, stderr, stdout } from 'node:process';
import { Command, CommanderError } from 'commander';
import { vi } from 'vitest';
import { describe, exitCode } from '../../src/cli/console.ts';
import type { Ended } from './heed.ts';

/**
 * Runs a command in a folder as `heed` does, main.ts aside.
 *
 * @param register of the command
 */
export async function heedHere(
  folder: string,
  register: (program: Command) => void,
  args: readonly string[],
): Promise<Omit<Ended, 'signal'>> {
  const program = new Command('heed').exitOverride();
  register(program);
  for (const command of program.commands) command.exitOverride();
  const said = { out: '', err: '' };
  const listen = (stream: Pick<typeof stdout, 'write'>, to: keyof typeof said) =>
    vi.spyOn(stream, 'write').mockImplementation((text, ...rest) => {
      said[to] += text;
      for (const done of rest) if (typeof done === 'function') done();
      return true;
    });
  const before = { folder: cwd(), data: env.HEED_DATA };
  const spies = [listen(stdout, 'out'), listen(stderr, 'err')];
  chdir(folder);
  delete env.HEED_DATA;
  let code = 0;
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    code = error instanceof CommanderError ? 2 : exitCode(error);
    said.err += `${describe(error)}\n`;
  } finally {
    for (const spy of spies) spy.mockRestore();
    chdir(before.folder);
    if (before.data !== undefined) env.HEED_DATA = before.data;
  }
  return { code, stdout: said.out, stderr: said.err };
}
