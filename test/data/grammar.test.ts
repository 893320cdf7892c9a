import { describe, expect, it } from 'vitest';
import { generateGrammar, pairOf } from '../../src/data/grammar.ts';
import { futureOf, participleOf, presentOf } from '../../src/data/grammarConjugation.ts';
import { english } from '../../src/data/grammarEnglish.ts';
import { french } from '../../src/data/grammarFrench.ts';
import * as lexicon from '../../src/data/grammarLexicon.ts';
import { GrammarSampler } from '../../src/data/grammarSampler.ts';
import type { Agreement, Determiner, NounPhrase, Predicate, Sentence } from '../../src/data/grammarTree.ts';
import { createTokenizer } from '../../src/data/tokenizer.ts';
import { UNK } from '../../src/data/vocabulary.ts';
import { Random } from '../../src/random.ts';
import { buildCodecs } from '../../src/tasks/pairs.ts';

const tokenizer = createTokenizer({ kind: 'word', lowercase: true });
const wordsOf = (text: string) => tokenizer.tokenize(text).length;
const options = { seed: 5, count: 6000, validation: 200, testPerBucket: 30 };
const pairs = generateGrammar(options);
const all = [...pairs.train, ...pairs.validation, ...pairs.test];

describe('what is generated', () => {
  it('follows from the seed alone; the test also stays when the training grows', () => {
    const small = { ...options, count: 500 };
    expect(generateGrammar(small)).toEqual(generateGrammar(small));
    expect(generateGrammar(small).test).toEqual(pairs.test);
    expect(generateGrammar({ ...small, seed: 6 }).test).not.toEqual(pairs.test);
  });

  it('has every length from 4 to 50 words in training, shorter ones more often, and every ten up to 60 in the test', () => {
    const counts = new Map<number, number>();
    for (const { source } of pairs.train) counts.set(wordsOf(source), (counts.get(wordsOf(source)) ?? 0) + 1);
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: 47 }, (_, i) => i + 4));
    expect(counts.get(10)! / counts.get(40)!).toBeCloseTo(4, 0);
    const buckets = pairs.test.map(({ source }) => Math.ceil(wordsOf(source) / 10));
    expect(buckets.sort()).toEqual([1, 2, 3, 4, 5, 6].flatMap((bucket) => Array(30).fill(bucket)));
    expect(pairs.train.length).toBe(6000);
  });

  it('holds no sentence twice, so none of the test in training', () => {
    expect(new Set(all.map(({ source }) => source)).size).toBe(all.length);
  });

  it('has words that a shortlist leaves out, names and others, in sentences and without', () => {
    const side = { tokens: 'word', lowercase: true, minFrequency: 1, maxSize: 900 } as const;
    const codecs = buildCodecs({ source: side, target: { ...side, maxSize: 1200 } }, pairs.train);
    const isKnown = pairs.test.map(
      ({ source, target }) =>
        !codecs.source.encode(source).includes(UNK) && !codecs.target.encode(target).includes(UNK),
    );
    const share = isKnown.filter(Boolean).length / isKnown.length;
    expect(share).toBeGreaterThan(0.3);
    expect(share).toBeLessThan(0.9);
  });

  it('has French that the English determines', () => {
    const sampler = new GrammarSampler(new Random(3));
    const found = new Map<string, string>();
    let again = 0;
    for (let i = 0; i < 40_000; i++) {
      const { source, target } = pairOf(sampler.sentence(3 + (i % 7)), 1);
      if (found.has(source)) again++;
      expect(found.get(source) ?? target).toBe(target);
      found.set(source, target);
    }
    expect(again).toBeGreaterThan(2000);
  });

  it('elides and contracts wherever French does', () => {
    for (const { target } of all) {
      expect(target).not.toMatch(/(?<!\p{L})(?:je|me|se|le|la|ne|que|de) [aeiouyhàâéèêëîïôûœ]/iu);
      expect(target).not.toMatch(/(?<!\p{L})(?:de les|à les|à le|de des|si ils?)(?!\p{L})/iu);
      expect(target).not.toMatch(/(?<!\p{L})(?:ce|ma|ta|sa) [aeiouhàâéèêëîïôûœ]/iu);
      expect(target).not.toMatch(/ {2}| [.,]|'\s/);
      expect(target).toMatch(/^\p{Lu}[^.]+\.$/u);
    }
  });
});

describe('the lexicon', () => {
  it('gives each English form one word, so that it has one meaning', () => {
    const nouns = [...lexicon.PERSONS, ...lexicon.ANIMALS, ...lexicon.THINGS, ...lexicon.PLACES];
    const verbs = [
      ...lexicon.TRANSITIVE,
      ...lexicon.INTRANSITIVE,
      ...lexicon.DITRANSITIVE,
      ...lexicon.CLAUSAL,
      ...lexicon.CONTROL,
    ];
    const words = [...lexicon.PRECEDING, ...lexicon.OF_THE_LIVING, ...lexicon.OF_OBJECTS];
    const meanings = new Map<string, Set<string>>();
    const mean = (form: string, meaning: string) =>
      meanings.set(form, (meanings.get(form) ?? new Set()).add(meaning));
    for (const noun of nouns) {
      mean(noun.english, `${noun.french} singular`);
      mean(noun.englishPlural, `${noun.french} plural`);
    }
    for (const word of words) mean(word.english, word.masculine);
    for (const name of [...lexicon.NAMES, ...lexicon.CITIES]) mean(name.english, name.french);
    for (const verb of verbs) {
      // learn to, learn that: one French verb, whatever stands behind it
      const meaning = `${verb.reflexive ? 'se ' : ''}${verb.french}`;
      const particle = verb.particle && ` ${verb.particle}`;
      mean(`${verb.english}${particle}`, meaning);
      mean(`${lexicon.thirdPerson(verb.english)}${particle}`, `${meaning} third`);
      mean(`${verb.englishPast}${particle}`, `${meaning} past`);
    }
    const ambiguous = [...meanings].filter(([, found]) => found.size > 1);
    expect(ambiguous).toEqual([]);
  });

  // As they are printed in conjugation tables: present of je, nous, vous, il, ils; participle; future of nous.
  it.each([
    ['manger', 'mange mangeons mangez mange mangent', 'mangé', 'mangerons'],
    ['lancer', 'lance lançons lancez lance lancent', 'lancé', 'lancerons'],
    ['choisir', 'choisis choisissons choisissez choisit choisissent', 'choisi', 'choisirons'],
    ['attendre', 'attends attendons attendez attend attendent', 'attendu', 'attendrons'],
    ['comprendre', 'comprends comprenons comprenez comprend comprennent', 'compris', 'comprendrons'],
    ['offrir', 'offre offrons offrez offre offrent', 'offert', 'offrirons'],
    ['détruire', 'détruis détruisons détruisez détruit détruisent', 'détruit', 'détruirons'],
    ['peindre', 'peins peignons peignez peint peignent', 'peint', 'peindrons'],
    ['revenir', 'reviens revenons revenez revient reviennent', 'revenu', 'reviendrons'],
    ['promettre', 'promets promettons promettez promet promettent', 'promis', 'promettrons'],
    ['décrire', 'décris décrivons décrivez décrit décrivent', 'décrit', 'décrirons'],
    ['acheter', 'achète achetons achetez achète achètent', 'acheté', 'achèterons'],
    ['envoyer', 'envoie envoyons envoyez envoie envoient', 'envoyé', 'enverrons'],
  ])('conjugates %s', (infinitive, present, participle, future) => {
    const persons: Agreement[] = [
      { person: 1, isPlural: false, gender: 'm' },
      { person: 1, isPlural: true, gender: 'm' },
      { person: 2, isPlural: false, gender: 'm' },
      { person: 3, isPlural: false, gender: 'm' },
      { person: 3, isPlural: true, gender: 'm' },
    ];
    expect(persons.map((person) => presentOf(infinitive, person)).join(' ')).toBe(present);
    expect(participleOf(infinitive)).toBe(participle);
    expect(futureOf(infinitive, persons[1])).toBe(future);
  });
});

describe('sentences', () => {
  const noun = (
    word: string,
    determiner: Determiner['kind'] | Determiner = 'the',
    rest: { isPlural?: boolean; adjectives?: string[]; relative?: object; complement?: NounPhrase } = {},
  ): NounPhrase => ({
    kind: 'noun',
    determiner: typeof determiner === 'string' ? ({ kind: determiner } as Determiner) : determiner,
    noun: named([lexicon.PERSONS, lexicon.ANIMALS, lexicon.THINGS, lexicon.PLACES], word),
    isPlural: false,
    ...(rest as object),
    adjectives: (rest.adjectives ?? []).map((a) =>
      named([lexicon.PRECEDING, lexicon.OF_THE_LIVING, lexicon.OF_OBJECTS], a),
    ),
  });
  function named<T extends { english: string }>(lists: readonly (readonly T[])[], word: string): T {
    const found = lists.flat().find((entry) => entry.english === word);
    if (!found) throw new Error(`no word ${word}`);
    return found;
  }
  const transitive = (verb: string, object?: NounPhrase) =>
    ({ kind: 'transitive', verb: named([lexicon.TRANSITIVE], verb), object }) as const;
  const pronoun = (word: 'I' | 'he' | 'she' | 'we' | 'they') => ({ kind: 'pronoun', pronoun: word }) as const;
  const said = (core: Predicate['core'], rest: Partial<Predicate> = {}): Predicate => ({
    tense: 'present',
    polarity: 'positive',
    core,
    ...rest,
  });
  const clause = (subject: NounPhrase, predicate: Predicate): Sentence => ({
    kind: 'clause',
    subject,
    predicate,
  });
  const is = (adjective: string) =>
    ({
      kind: 'adjective',
      adjective: named([lexicon.OF_THE_LIVING, lexicon.OF_OBJECTS], adjective),
    }) as const;

  const cases: [Sentence, string, string][] = [
    [
      clause(
        noun('woman', 'the', {
          isPlural: true,
          relative: {
            kind: 'object',
            subject: pronoun('he'),
            predicate: said(transitive('see'), { tense: 'past' }),
          },
        }),
        said(is('happy')),
      ),
      'the women that he saw are happy',
      "les femmes qu'il a vues sont heureuses",
    ],
    [
      clause(
        noun('girl'),
        said(transitive('love', noun('boy', 'a', { adjectives: ['old', 'rich'] })), { polarity: 'not' }),
      ),
      'the girl does not love an old rich boy',
      "la fille n'aime pas de vieux garçon riche",
    ],
    [
      clause(
        pronoun('she'),
        said({ kind: 'intransitive', verb: named([lexicon.INTRANSITIVE], 'arrive') }, { tense: 'past' }),
      ),
      'she arrived',
      'elle est arrivée',
    ],
    [
      clause(
        pronoun('we'),
        said(
          { kind: 'intransitive', verb: named([lexicon.INTRANSITIVE], 'rest') },
          {
            tense: 'past',
            polarity: 'never',
          },
        ),
      ),
      'we never rested',
      'nous ne nous sommes jamais reposés',
    ],
    [
      clause(
        noun(
          'dog',
          { kind: 'genitive', owner: noun('uncle', 'the', { adjectives: ['old'] }) },
          {
            adjectives: ['big'],
          },
        ),
        said(transitive('see', pronoun('she')), { tense: 'past', frequency: lexicon.FREQUENCY[0] }),
      ),
      "the old uncle's big dog often saw her",
      "le grand chien du vieil oncle l'a souvent vue",
    ],
    [
      clause(
        pronoun('they'),
        said(
          {
            kind: 'ditransitive',
            verb: named([lexicon.DITRANSITIVE], 'give'),
            object: noun('letter', { kind: 'possessive', owner: 'he' }, { adjectives: ['useful'] }),
            recipient: pronoun('I'),
          },
          { control: named([lexicon.CONTROL], 'refuse'), polarity: 'not', tense: 'past' },
        ),
      ),
      'they did not refuse to give his useful letter to me',
      "ils n'ont pas refusé de me donner sa lettre utile",
    ],
    [
      {
        kind: 'subordination',
        conjunction: named([lexicon.SUBORDINATING], 'if'),
        isFronted: true,
        subordinate: clause(
          pronoun('he'),
          said(transitive('buy', noun('idea', { kind: 'possessive', owner: 'I' }))),
        ),
        main: {
          kind: 'existence',
          tense: 'future',
          isNegative: true,
          phrase: noun('hen', 'some', { isPlural: true }),
          where: { preposition: named([lexicon.WHERE], 'near'), phrase: noun('castle') },
        },
      },
      'if he buys my idea, there will not be any hens near the castle',
      "s'il achète mon idée, il n'y aura pas de poules près du château",
    ],
  ];
  it.each(cases)('%#', (sentence, source, target) => {
    expect(english(sentence)).toBe(source);
    expect(french(sentence)).toBe(target);
  });
});
