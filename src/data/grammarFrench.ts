import { copula, futureOf, participleOf, presentOf, takesEtre } from './grammarConjugation.ts';
import { type Adjective, frenchPlural } from './grammarLexicon.ts';
import {
  type Agreement,
  agreementOf,
  type Determiner,
  type NounPhrase,
  type Predicate,
  type Prepositional,
  type Pronoun,
  type Sentence,
} from './grammarTree.ts';

type Forms = Readonly<Record<Pronoun, string>>;
const SUBJECTS: Forms = { I: 'je', you: 'vous', he: 'il', she: 'elle', we: 'nous', they: 'ils' };
const DIRECT: Forms = { I: 'me', you: 'vous', he: 'le', she: 'la', we: 'nous', they: 'les' };
const INDIRECT: Forms = { I: 'me', you: 'vous', he: 'lui', she: 'lui', we: 'nous', they: 'leur' };
const STRESSED: Forms = { I: 'moi', you: 'vous', he: 'lui', she: 'elle', we: 'nous', they: 'eux' };

/** A sentence in French, without capital and full stop. */
export const french = (sentence: Sentence): string => elided(sentenceWords(sentence));

function sentenceWords(sentence: Sentence): string[] {
  switch (sentence.kind) {
    case 'clause': {
      const { time, subject, predicate } = sentence;
      const said = [...subjectWords(subject), ...predicateWords(predicate, agreementOf(subject))];
      return time ? [...time.french.split(' '), ',', ...said] : said;
    }
    case 'existence': {
      const { tense, isNegative, phrase, where } = sentence;
      const verb = { present: 'a', past: 'avait', future: 'aura' }[tense];
      const negated = isNegative ? ['il', 'ne', 'y', verb, 'pas'] : ['il', 'y', verb];
      return [...negated, ...nounPhrase(phrase, isNegative), ...prepositional(where)];
    }
    case 'coordination': {
      const { first, second, conjunction } = sentence;
      return [...sentenceWords(first), ',', conjunction.french, ...sentenceWords(second)];
    }
    case 'subordination': {
      const { conjunction, isFronted, main, subordinate } = sentence;
      const below = [...conjunction.french.split(' '), ...sentenceWords(subordinate)];
      return isFronted ? [...below, ',', ...sentenceWords(main)] : [...sentenceWords(main), ...below];
    }
  }
}

const isVowel = (word: string): boolean => /^[aeiouyhàâéèêëîïôûœ]/i.test(word);
const ELIDING = new Set(['je', 'me', 'se', 'le', 'la', 'ne', 'que', 'de']);

/** Text of words: je aime → j'aime, si il → s'il. */
function elided(list: readonly string[]): string {
  let text = '';
  for (const [i, word] of list.entries()) {
    const next = list[i + 1] ?? '';
    const elides = ELIDING.has(word) ? isVowel(next) : word === 'si' && (next === 'il' || next === 'ils');
    if (elides) text += `${word.slice(0, -1)}'`;
    else text += next === ',' || next === '' ? word : `${word} `;
  }
  return text;
}

function subjectWords(subject: NounPhrase): string[] {
  return subject.kind === 'pronoun' ? [SUBJECTS[subject.pronoun]] : nounPhrase(subject);
}

/** @param isNegated as the object of a negated verb, where an indefinite article becomes `de` */
function nounPhrase(phrase: NounPhrase, isNegated = false): string[] {
  switch (phrase.kind) {
    case 'pronoun':
      return [STRESSED[phrase.pronoun]];
    case 'name':
      return [phrase.name.french];
    case 'both':
      return [...nounPhrase(phrase.first), 'et', ...nounPhrase(phrase.second)];
    case 'noun': {
      const { determiner, noun, isPlural, adjectives, complement, relative } = phrase;
      const agreement = agreementOf(phrase);
      const head = isPlural ? noun.frenchPlural : noun.french;
      const before = adjectives.filter((adjective) => adjective.precedes);
      const behind = adjectives.filter((adjective) => !adjective.precedes);
      const core: string[] = [head];
      for (const adjective of before) core.unshift(agreeing(adjective, agreement, isVowel(core[0])));
      core.push(...behind.map((adjective) => agreeing(adjective, agreement)));
      const isIndefinite = determiner.kind === 'a' || determiner.kind === 'some';
      const first =
        isIndefinite && (isNegated || (isPlural && before.length > 0))
          ? ['de']
          : determinerWords(determiner, agreement, isVowel(core[0]));
      const owner = determiner.kind === 'genitive' ? behindDe(determiner.owner) : [];
      return [
        ...first,
        ...core,
        ...owner,
        ...(complement ? behindDe(complement) : []),
        ...(relative ? relativeClause() : []),
      ];
      function relativeClause(): string[] {
        if (relative?.kind === 'object') {
          const { subject, predicate } = relative;
          const said = predicateWords(predicate, agreementOf(subject), agreement);
          return ['que', ...subjectWords(subject), ...said];
        }
        return relative ? ['qui', ...predicateWords(relative.predicate, agreement)] : [];
      }
    }
  }
}

function agreeing(adjective: Adjective, { gender, isPlural }: Agreement, isBeforeVowel = false): string {
  if (gender === 'f') return isPlural ? `${adjective.feminine}s` : adjective.feminine;
  if (isPlural) return frenchPlural(adjective.masculine);
  return isBeforeVowel && adjective.beforeVowel ? adjective.beforeVowel : adjective.masculine;
}

const POSSESSIVES: Readonly<Record<Pronoun, readonly [m: string, f: string, plural: string]>> = {
  I: ['mon', 'ma', 'mes'],
  you: ['votre', 'votre', 'vos'],
  he: ['son', 'sa', 'ses'],
  she: ['son', 'sa', 'ses'],
  we: ['notre', 'notre', 'nos'],
  they: ['leur', 'leur', 'leurs'],
};

function determinerWords(
  determiner: Determiner,
  { gender, isPlural }: Agreement,
  isBeforeVowel: boolean,
): string[] {
  const choose = (m: string, f: string, plural: string) => [isPlural ? plural : gender === 'f' ? f : m];
  switch (determiner.kind) {
    case 'the':
    case 'genitive':
      return choose('le', 'la', 'les');
    case 'a':
    case 'some':
      return choose('un', 'une', 'des');
    case 'this':
      return choose(isBeforeVowel ? 'cet' : 'ce', 'cette', 'ces');
    case 'all':
      return [gender === 'f' ? 'toutes' : 'tous', 'les'];
    case 'every':
      return ['chaque'];
    case 'many':
      return ['beaucoup', 'de'];
    case 'several':
      return ['plusieurs'];
    case 'number':
      return [determiner.number.french];
    case 'possessive': {
      const [m, f, plural] = POSSESSIVES[determiner.owner];
      return choose(m, isBeforeVowel && f.endsWith('a') ? m : f, plural);
    }
  }
}

/** Behind de or à, which contract with the article: du, au, des, aux; de swallows the indefinite des. */
function contracted(preposition: 'de' | 'à', phrase: NounPhrase): string[] {
  if (phrase.kind === 'both') {
    const { first, second } = phrase;
    return [...contracted(preposition, first), 'et', ...contracted(preposition, second)];
  }
  const [first, ...rest] = nounPhrase(phrase);
  const isDe = preposition === 'de';
  if (first === 'le' && !isVowel(rest[0])) return [isDe ? 'du' : 'au', ...rest];
  if (first === 'les') return [isDe ? 'des' : 'aux', ...rest];
  if (isDe && (first === 'des' || first === 'de')) return ['de', ...rest];
  return [preposition, first, ...rest];
}
const behindDe = (phrase: NounPhrase): string[] => contracted('de', phrase);

function prepositional({ preposition, phrase }: Prepositional): string[] {
  const parts = preposition.french.split(' ');
  const last = parts[parts.length - 1];
  if (last === 'de' || last === 'à') return [...parts.slice(0, -1), ...contracted(last, phrase)];
  // A city has no article, and one is there `à`.
  if (preposition.french === 'dans' && phrase.kind === 'name') return ['à', ...nounPhrase(phrase)];
  return [...parts, ...nounPhrase(phrase)];
}

/**
 * Verb with negation and clitics, adverbs, objects and place.
 *
 * @param antecedent of a relative clause whose object was taken out: a participle behind it agrees with it
 */
function predicateWords(predicate: Predicate, subject: Agreement, antecedent?: Agreement): string[] {
  const { tense, polarity, frequency, control, core, where } = predicate;
  const negation = { positive: [], not: ['pas'], never: ['jamais'] }[polarity];
  const ne = polarity === 'positive' ? [] : ['ne'];
  const behindFinite = [...negation, ...(frequency ? [frequency.french] : [])];
  const place = where ? prepositional(where) : [];
  if (core.kind === 'adjective' || core.kind === 'location') {
    const said = core.kind === 'adjective' ? [agreeing(core.adjective, subject)] : [];
    return [...ne, copula(tense, subject), ...behindFinite, ...said, ...place];
  }
  const { verb } = core;
  const { clitics, direct, rest } = complements(core, subject, polarity !== 'positive');
  const manner = 'manner' in core && core.manner ? [core.manner.french] : [];
  const main = control ?? verb;
  // With a control verb the pronouns stand before the infinitive, else before the finite verb.
  const [beforeFinite, infinitive] = control
    ? [[], [...(control.link ? [control.link] : []), ...clitics, verb.french]]
    : [clitics, []];
  if (tense !== 'past') {
    const finite = (tense === 'present' ? presentOf : futureOf)(main.french, subject);
    return [...ne, ...beforeFinite, finite, ...behindFinite, ...infinitive, ...manner, ...rest, ...place];
  }
  const hasEtre = main.reflexive || takesEtre(main.french);
  const agreeingWith = control ? undefined : hasEtre ? subject : (direct ?? antecedent);
  const auxiliary = presentOf(hasEtre ? 'être' : 'avoir', subject);
  const participle = participleOf(main.french, agreeingWith);
  const verbs = [...ne, ...beforeFinite, auxiliary, ...behindFinite, participle, ...infinitive];
  return [...verbs, ...manner, ...rest, ...place];
}

interface Complements {
  /** Pronouns before the verb. */
  readonly clitics: readonly string[];
  /** What the direct one among them agrees as. */
  readonly direct?: Agreement;
  readonly rest: readonly string[];
}

function complements(core: Predicate['core'], subject: Agreement, isNegated: boolean): Complements {
  switch (core.kind) {
    case 'transitive': {
      const { object } = core;
      if (object?.kind !== 'pronoun') {
        return { clitics: [], rest: object ? nounPhrase(object, isNegated) : [] };
      }
      return { clitics: [DIRECT[object.pronoun]], direct: agreementOf(object), rest: [] };
    }
    case 'ditransitive': {
      const { object, recipient } = core;
      const given = nounPhrase(object, isNegated);
      return recipient.kind === 'pronoun'
        ? { clitics: [INDIRECT[recipient.pronoun]], rest: given }
        : { clitics: [], rest: [...given, ...contracted('à', recipient)] };
    }
    case 'clausal':
      return { clitics: [], rest: ['que', ...sentenceWords(core.sentence)] };
    case 'intransitive':
      return { clitics: core.verb.reflexive ? [reflexive(subject)] : [], rest: [] };
    default:
      return { clitics: [], rest: [] };
  }
}

const reflexive = ({ person, isPlural }: Agreement): string =>
  person === 3 ? 'se' : person === 2 ? 'vous' : isPlural ? 'nous' : 'me';
