import { UsageError } from '../errors.ts';

/** A file of a corpus: where it is downloaded from and where it lies under the data folder. */
export interface CorpusFile {
  /** Path under the data folder, with `/`. */
  path: string;
  url: string;
  /** Hexadecimal SHA-256 of the file; absent where the publisher's bytes are not known to stay the same. */
  sha256?: string;
  /** Size in bytes. */
  bytes?: number;
  /**
   * Archives of the same files that may lie in a data folder instead, packed by others: a path into the one is
   * found in the other too.
   */
  also?: readonly string[];
}

/** A public corpus. Heed ships none of them; each has its own licence, to be read before use. */
export interface Corpus {
  name: string;
  description: string;
  licence: string;
  homepage: string;
  files: readonly CorpusFile[];
}

// Addresses name a commit where there is one, so that the checksums hold.
const MULTI30K =
  'https://raw.githubusercontent.com/multi30k/dataset/a3d2e0d26b56f3846f66a952536ffed4e401d05a/data/task1';
const CMUDICT =
  'https://raw.githubusercontent.com/cmusphinx/cmudict/0f8072f814306c5ee4fbf992ed853601b12c01f9';
const CNTK =
  'https://raw.githubusercontent.com/microsoft/CNTK/0ba41da07b9cef9e25c80777f48dbf0c041bbeee/Examples/SequenceToSequence/CMUDict/Data';
const NETRANSLIT =
  'https://raw.githubusercontent.com/steveash/NETransliteration-COLING2018/5d5f59e561ecea45a6d3602121e1049baa7a76c3/data';

const multi30k = (name: string, bytes: number, sha256: string): CorpusFile => ({
  path: `multi30k/raw/${name}.gz`,
  url: `${MULTI30K}/raw/${name}.gz`,
  bytes,
  sha256,
});

const multi30kTokenized = (name: string, bytes: number, sha256: string): CorpusFile => ({
  path: `multi30k/tok/${name}`,
  url: `${MULTI30K}/tok/${name}`,
  bytes,
  sha256,
});

const cntk = (name: string, bytes: number, sha256: string): CorpusFile => ({
  path: `cmudict/cntk-${name}`,
  url: `${CNTK}/${name}`,
  bytes,
  sha256,
});

const netranslit = (name: string, bytes: number, sha256: string): CorpusFile => ({
  path: `netranslit/${name}.tsv`,
  url: `${NETRANSLIT}/${name}`,
  bytes,
  sha256,
});

export const CORPORA: readonly Corpus[] = [
  {
    name: 'multi30k',
    description:
      'Image descriptions in English, German and French: 29,000 training sentences, one a line; as they are (raw) and lower-cased in Moses tokens (tok)',
    licence: 'none given; non-commercial research and education. Do not publish models trained on it',
    homepage: 'https://github.com/multi30k/dataset',
    files: [
      multi30k('train.de', 637044, '726e39b2fa9eb9ffb6dc763fb35a179f80fae06ffc5d28b6ace5faa883de28a6'),
      multi30k('train.en', 568929, 'd79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f'),
      multi30k('train.fr', 604242, '622e75069e9f4c577425c4f277116ce66e63a2401c0a2312d90073cb12379a3c'),
      multi30k('val.de', 24681, 'f0cba2f995189cf5770f29a8a9a537a3ad3f51657ad873405082ff6863a5e75a'),
      multi30k('val.en', 21650, '14f7d25ddd868909a9213e361768460edcacdd6ab9d1e77b92560dc10c10dc28'),
      multi30k('val.fr', 23001, 'ca3106f1a72390591d25f6c45cb4cd39dec4cd3f123e099748a3ce5256c160e9'),
      multi30k(
        'test_2016_flickr.de',
        22890,
        '9204244e408ccb38d2a55cfcd344df15005fc42a07a6e55ca6c52b6ababb8cc8',
      ),
      multi30k(
        'test_2016_flickr.en',
        21077,
        '611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9',
      ),
      multi30k(
        'test_2016_flickr.fr',
        22310,
        '6d326e188d259fb1d04ac19eae3af956559b3a0b93d7635e56c90987c40c8b90',
      ),
      multi30k(
        'test_2017_flickr.de',
        21471,
        'a2c89666db00c495cd8513b9d708d5a3acc205d7de312ef2bf5fb7ebc1540aee',
      ),
      multi30k(
        'test_2017_flickr.en',
        19138,
        '76a444ee25172e72695cddb13ae4a3bda59430617be88e0bb46b60504f054074',
      ),
      multi30k(
        'test_2017_flickr.fr',
        20434,
        '3ba671ceb2299f3304ffafefea7a833d08632fbaf0ba18546f8a2ec2391af496',
      ),
      multi30kTokenized(
        'train.lc.norm.tok.de',
        2150008,
        'cb5a23529b65ec2061f1dc446192a9c37382b63cc75f81a0be59d34894b3a505',
      ),
      multi30kTokenized(
        'train.lc.norm.tok.en',
        1837696,
        '08925f8e0572bcd5a006702fc5fe20e2d77c6917d4eebd576fc20de6693c2119',
      ),
      multi30kTokenized(
        'train.lc.norm.tok.fr',
        2235588,
        '8fa41bb718412bcb7c5dfa58603842810a01543eae86a51279f9886b901266e1',
      ),
      multi30kTokenized(
        'val.lc.norm.tok.de',
        77273,
        '97232bd273eceb7207f689527386a97e4be2616b18ada47576bdaf96c8ae1f00',
      ),
      multi30kTokenized(
        'val.lc.norm.tok.en',
        64608,
        '46573ce391ae227f1c72f873392436a20ef18e0a6d518098cfbd70b77c8572ec',
      ),
      multi30kTokenized(
        'val.lc.norm.tok.fr',
        78242,
        'b303e301aa21fe7822a846b2b3fb2d5a1121ec807cd5b1d006fb7b2b5507168a',
      ),
      multi30kTokenized(
        'test_2016_flickr.lc.norm.tok.de',
        71917,
        'c6a33d39d48f9f510de147651316cd9d918e09ad0219df734a2f16b6baccacc4',
      ),
      multi30kTokenized(
        'test_2016_flickr.lc.norm.tok.en',
        63307,
        '5b7f32627cf99eced828311b955dae9800bb52bc8b91cf8b6526829e605b29d2',
      ),
      multi30kTokenized(
        'test_2016_flickr.lc.norm.tok.fr',
        76394,
        '1463bd5960f9bfe098ec3cd752d3df0c49c84dc646fb518964a29232658cd836',
      ),
    ],
  },
  {
    name: 'tatoeba-en-fr',
    description:
      '142,787 English–French sentence pairs of Tatoeba, 2017-09-29: TSV (fra.txt) in a zip archive',
    licence: 'CC BY 2.0 FR; attribution: www.manythings.org/anki and tatoeba.org',
    homepage: 'https://www.manythings.org/anki/',
    files: [
      {
        path: 'tatoeba/fra-eng.zip',
        url: 'https://raw.githubusercontent.com/genimind/seq2seq/4f3f8eb0adde54fcc8b89394336b002e7961244c/fra-eng.zip',
        bytes: 2951390,
        sha256: '16c4f7d0df9e7c5e6c54cdb0447f3f4a18a55052ff5e2e0b27dd4a06c0e49d04',
      },
    ],
  },
  {
    name: 'cmudict',
    description:
      'English words and their pronunciations, with the CNTK split of release 0.7b (no stress marks)',
    licence: 'BSD-style (Carnegie Mellon University)',
    homepage: 'https://github.com/cmusphinx/cmudict',
    files: [
      {
        path: 'cmudict/cmudict.dict',
        url: `${CMUDICT}/cmudict.dict`,
        bytes: 3618488,
        sha256: '81917843c7f44ce2b094ac63873c2c7a4cf802040792c455ba3ca406891c3d22',
      },
      {
        path: 'cmudict/cmudict.phones',
        url: `${CMUDICT}/cmudict.phones`,
        bytes: 382,
        sha256: 'ffb588a5e55684723582c7256e1d2f9fadb130011392d9e59237c76e34c2cfd6',
      },
      cntk(
        'cmudict-0.7b.train-dev-20-21',
        2714997,
        '61faa823e4a4bc64401522eb68db9543d33ee6f10dcacf5be65b1ef5fe08b6f3',
      ),
      cntk(
        'cmudict-0.7b.train-dev-1-21',
        136085,
        'c8bbfb8d57d8e0c1d2ce6fbc8891325fc4570ac2b9ae068088bc59e804a9c295',
      ),
      cntk('cmudict-0.7b.test', 321219, 'ece787fd3d88c7b130d43e7c2307ac11e6dfb4c052d661c37808ec7ed1df8574'),
    ],
  },
  {
    name: 'netranslit',
    description: 'Names in English and Russian letters (Wikidata): 105,371 training pairs, TSV',
    licence: 'CC0 1.0',
    homepage: 'https://github.com/steveash/NETransliteration-COLING2018',
    files: [
      netranslit(
        'wd_russian_64',
        3178543,
        'bffa05e0fa904af1b10de07644fc87b0eae19308ae31cd6e34cd2732b5b2ac8f',
      ),
      netranslit('wd_russian_16', 797498, '3003b66e4a5c49b2bdf9cf9a8c4f26941066215db60966be31a23669a9d04a3b'),
      netranslit('wd_russian_20', 995261, '0b3f16caf82a6e27e516206c226bd0ae615ae86e4785e750ae4047e38ef8595c'),
    ],
  },
  {
    name: 'an4',
    description:
      'Spelled words, numbers and commands, 948 + 130 utterances of 84 speakers, 16 kHz WAV: Sphinx layout (etc/an4_train.fileids, .transcription, wav/) in a .tar.gz archive that GitHub makes of the repository, so that its bytes may change',
    licence: 'BSD-style, free for any use (Carnegie Mellon University)',
    homepage: 'https://github.com/cmusphinx/an4',
    files: [
      {
        path: 'an4/an4.tar.gz',
        url: 'https://github.com/cmusphinx/an4/archive/b567d132f43304e70a2b2eca6077f22255311812.tar.gz',
        also: ['an4/an4_wav16k.tar.xz'],
      },
    ],
  },
  {
    name: 'fsdd',
    description:
      'Free Spoken Digit Dataset, release 1.0.10: 3,000 recordings of English digits by 6 speakers, 8 kHz WAV (recordings/DIGIT_SPEAKER_INDEX.wav, index 0-4 for test) in a .tar.gz archive that GitHub makes of the repository, so that its bytes may change',
    licence:
      'CC BY-SA 4.0; attribution: Zohar Jackson and contributors, Free Spoken Digit Dataset. What is made of it has the same licence',
    homepage: 'https://github.com/Jakobovski/free-spoken-digit-dataset',
    files: [
      {
        path: 'fsdd/fsdd.tar.gz',
        url: 'https://github.com/Jakobovski/free-spoken-digit-dataset/archive/d6938f9bf1545aa66d8489fc9f1385a7abd64282.tar.gz',
        also: ['fsdd/recordings.tar.xz'],
      },
    ],
  },
  {
    name: 'babi',
    description: 'Twenty question-answering tasks (bAbI v1.2), as a .tar.gz archive',
    licence: 'CC BY 3.0',
    homepage: 'https://github.com/facebookarchive/bAbI-tasks',
    files: [
      {
        path: 'babi/tasks_1-20_v1-2.tar.gz',
        url: 'https://s3.amazonaws.com/text-datasets/babi_tasks_1-20_v1-2.tar.gz',
        // The 1,000 questions a task of version 1.1: the same but for task 16 (`instead` in recipes).
        also: ['babi/babi_en_1k_v1.1.tar.gz'],
      },
    ],
  },
];

/** @throws UsageError, listing the names there are */
export function corpusNamed(name: string): Corpus {
  const corpus = CORPORA.find((candidate) => candidate.name === name);
  if (!corpus) {
    const names = CORPORA.map((candidate) => candidate.name).join(', ');
    throw new UsageError(`the corpus ${JSON.stringify(name)}`, names, 'Choose one of these.');
  }
  return corpus;
}
