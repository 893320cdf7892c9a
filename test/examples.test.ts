import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** What each example must print. The README and the examples themselves tell how to run them. */
const expected: Record<string, RegExp[]> = {
  'library.mjs': [/step 160: loss 0\.0/, /16 Oct 2017 → 2017-10-16/, /<\/s> │/],
};

it('every example has an expectation', () => {
  expect(readdirSync('examples').sort()).toEqual(Object.keys(expected).sort());
});

for (const [name, patterns] of Object.entries(expected)) {
  it(`examples/${name} does what it says`, async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [`examples/${name}`]);
    for (const pattern of patterns) expect(stdout).toMatch(pattern);
  });
}
