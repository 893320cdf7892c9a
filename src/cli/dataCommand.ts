import { resolve } from 'node:path';
import type { Command } from 'commander';
import { openArchive } from '../data/archive.node.ts';
import { CORPORA, type Corpus, corpusNamed } from '../data/corpora.ts';
import { type DownloadProgress, downloadFolder, getCorpus, heldIn } from '../data/download.node.ts';
import { log, out } from './console.ts';

const environment = `
Environment:
  HEED_DATA    a folder with corpora of your own, looked into before anything is downloaded
  HEED_MIRROR  an address that serves the files under their paths, to download from instead of their publishers'`;

/** `heed data list` and `heed data get NAME`. */
export function registerData(program: Command): void {
  const data = program
    .command('data')
    .description('public corpora: list them, download one')
    .addHelpText('after', `${environment}\n\nExample:\n  heed data list\n  heed data get multi30k`);
  data
    .command('list')
    .description('the corpora there are: name, size, description, licence')
    .addHelpText('after', '\nExample:\n  heed data list')
    .action(list);
  data
    .command('get')
    .argument('<name>', 'one of the list')
    .description('download a corpus, check it, and say how recipes name its files')
    .option('--out <dir>', `data folder to put it in (default: ${downloadFolder()})`)
    .addHelpText('after', `${environment}\n\nExample:\n  heed data get multi30k`)
    .action(get);
}

function list(): void {
  for (const corpus of CORPORA) {
    out(`${corpus.name}   ${sizeOf(corpus)}`);
    out(`  ${corpus.description}`);
    out(`  licence: ${corpus.licence}`);
    out(`  ${checksumsOf(corpus)}`);
    out(`  ${corpus.homepage}\n`);
  }
  out("Download one with 'heed data get NAME'.");
}

async function get(name: string, options: { readonly out?: string }): Promise<void> {
  const corpus = corpusNamed(name);
  log(`${corpus.name}: ${corpus.description}`);
  log(`licence: ${corpus.licence} (${corpus.homepage})`);
  log(checksumsOf(corpus));
  for (const { path, sha256 } of corpus.files) if (sha256) log(`  ${sha256}  ${path}`);
  const { HEED_DATA, HEED_MIRROR } = process.env;
  const held = options.out === undefined && HEED_DATA ? heldIn(corpus, HEED_DATA) : undefined;
  if (held) {
    log(`HEED_DATA (${HEED_DATA}) holds it already; nothing to download`);
    return finish(corpus, held, undefined);
  }
  const directory = options.out ?? downloadFolder();
  log(`to ${resolve(directory)}`);
  const progress = progressLine();
  try {
    const paths = await getCorpus(HEED_MIRROR ? mirrored(corpus, HEED_MIRROR) : corpus, {
      directory,
      onProgress: progress.show,
    });
    if (!progress.end()) log('every file is there already, and as it should be');
    await finish(corpus, paths, options.out);
  } finally {
    progress.end();
  }
}

const mirrored = (corpus: Corpus, address: string): Corpus => ({
  ...corpus,
  files: corpus.files.map((file) => ({ ...file, url: `${address.replace(/\/$/, '')}/${file.path}` })),
});

/** The paths go to stdout, for scripts; how to use them, for people, to stderr. */
async function finish(corpus: Corpus, paths: readonly string[], folder: string | undefined): Promise<void> {
  for (const path of paths) out(path);
  if (folder !== undefined) log(`set HEED_DATA=${resolve(folder)}, so that recipes find it`);
  const archives = corpus.files.filter(({ path }) => /\.(zip|tar\.gz)$/.test(path));
  const example = corpus.files.find((file) => !archives.includes(file));
  if (example) log(`in a recipe leave the folder out: ${example.path}`);
  for (const { path } of archives) {
    const place = paths[corpus.files.findIndex((file) => file.path === path)];
    const { files } = await openArchive(place);
    const members = files.slice(0, MEMBERS_SHOWN).map((member) => `${path}/${member}`);
    const more = files.length > MEMBERS_SHOWN ? ` and ${files.length - MEMBERS_SHOWN} more` : '';
    log('an archive, which need not be unpacked; in a recipe leave the folder out and name it');
    log(`or a file in it: ${members.join(', ')}${more}`);
  }
}

/** Names of an archive's files that are told. */
const MEMBERS_SHOWN = 6;

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 0)} MB`;

function sizeOf({ files }: Corpus): string {
  const known = files.reduce((sum, { bytes = 0 }) => sum + bytes, 0);
  const count = files.length === 1 ? '1 file' : `${files.length} files`;
  if (known === 0) return `${count}, size not known`;
  return `${count}, ${files.some(({ bytes }) => bytes === undefined) ? 'more than ' : ''}${megabytes(known)}`;
}

/** What is known beforehand of what will be downloaded. */
function checksumsOf({ files }: Corpus): string {
  const known = files.filter(({ sha256 }) => sha256 !== undefined).length;
  if (known === files.length) return 'checked by SHA-256';
  return known === 0 ? 'no checksum known' : `${known} of ${files.length} files checked by SHA-256`;
}

/** One line that is written over on a terminal; elsewhere one line a file, when it begins. */
function progressLine() {
  const terminal = process.stderr.isTTY === true;
  let current: string | undefined;
  return {
    show({ file, received, total }: DownloadProgress): void {
      if (terminal) {
        const of = total === undefined ? '' : ` of ${megabytes(total)}`;
        process.stderr.write(`\r\x1b[K${file.path}  ${megabytes(received)}${of}`);
      } else if (current !== file.path) {
        log(`downloading ${file.path}${total === undefined ? '' : ` (${megabytes(total)})`}`);
      }
      current = file.path;
    },
    /** @returns whether anything was shown since */
    end(): boolean {
      const shown = current !== undefined;
      if (terminal && shown) process.stderr.write('\n');
      current = undefined;
      return shown;
    },
  };
}
