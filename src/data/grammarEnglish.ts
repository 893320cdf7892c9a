import { thirdPerson, type Verb } from './grammarLexicon.ts';
import {
  type Agreement,
  agreementOf,
  type Core,
  type Determiner,
  type NounPhrase,
  type Predicate,
  type Prepositional,
  type Pronoun,
  type Sentence,
} from './grammarTree.ts';

const OBJECTS: Readonly<Record<Pronoun, string>> = {
  I: 'me',
  you: 'you',
  he: 'him',
  she: 'her',
  we: 'us',
  they: 'them',
};
const POSSESSIVES: Readonly<Record<Pronoun, string>> = {
  I: 'my',
  you: 'your',
  he: 'his',
  she: 'her',
  we: 'our',
  they: 'their',
};

/** A sentence in English, without capital and full stop. */
export function english(sentence: Sentence): string {
  switch (sentence.kind) {
    case 'clause': {
      const { time, subject, predicate } = sentence;
      const said = words(nounPhrase(subject, 'subject'), predicateWords(predicate, agreementOf(subject)));
      return time ? `${time.english}, ${said}` : said;
    }
    case 'existence': {
      const { tense, isNegative, phrase, where } = sentence;
      const verb = be(tense, agreementOf(phrase), isNegative ? 'not' : '');
      return words('there', verb, nounPhrase(phrase, 'object', isNegative), prepositional(where));
    }
    case 'coordination':
      return `${english(sentence.first)}, ${sentence.conjunction.english} ${english(sentence.second)}`;
    case 'subordination': {
      const subordinate = words(sentence.conjunction.english, english(sentence.subordinate));
      const main = english(sentence.main);
      return sentence.isFronted ? `${subordinate}, ${main}` : words(main, subordinate);
    }
  }
}

const words = (...parts: readonly (string | undefined)[]): string => parts.filter(Boolean).join(' ');
const prepositional = ({ preposition, phrase }: Prepositional): string =>
  words(preposition.english, nounPhrase(phrase, 'object'));

/** @param isNegated as the object of a negated verb, where `some` becomes `any` */
function nounPhrase(phrase: NounPhrase, role: 'subject' | 'object', isNegated = false): string {
  switch (phrase.kind) {
    case 'pronoun':
      return role === 'subject' ? phrase.pronoun : OBJECTS[phrase.pronoun];
    case 'name':
      return phrase.name.english;
    case 'both':
      return words(nounPhrase(phrase.first, role), 'and', nounPhrase(phrase.second, role));
    case 'noun': {
      const { determiner, noun, isPlural, adjectives, complement, relative } = phrase;
      const core = words(
        ...adjectives.map((adjective) => adjective.english),
        isPlural ? noun.englishPlural : noun.english,
      );
      const behind = complement && `of ${nounPhrase(complement, 'object')}`;
      const first =
        determiner.kind === 'some' && isNegated ? 'any' : determinerWord(determiner, isPlural, core);
      return words(first, core, behind, relative && relativeClause());
      function relativeClause(): string | undefined {
        if (relative?.kind === 'subject') {
          const pronoun = noun.class === 'person' ? 'who' : 'that';
          return words(pronoun, predicateWords(relative.predicate, agreementOf(phrase)));
        }
        if (relative === undefined) return undefined;
        const { subject, predicate } = relative;
        return words('that', nounPhrase(subject, 'subject'), predicateWords(predicate, agreementOf(subject)));
      }
    }
  }
}

function determinerWord(determiner: Determiner, isPlural: boolean, next: string): string {
  switch (determiner.kind) {
    case 'a':
      return startsWithVowelSound(next) ? 'an' : 'a';
    case 'this':
      return isPlural ? 'these' : 'this';
    case 'all':
      return 'all the';
    case 'number':
      return determiner.number.english;
    case 'possessive':
      return POSSESSIVES[determiner.owner];
    case 'genitive':
      return `${nounPhrase(determiner.owner, 'object')}'s`;
    default:
      return determiner.kind;
  }
}

const startsWithVowelSound = (word: string): boolean => /^(?:[aeio]|u(?!ni|se)|hono)/i.test(word);

/** Verb, its adverbs, objects and place. */
function predicateWords(predicate: Predicate, subject: Agreement): string {
  const { core, where, tense, polarity, frequency, control } = predicate;
  const place = where && prepositional(where);
  const negation = polarity === 'positive' ? '' : polarity;
  const before = words(negation, frequency?.english);
  if (core.kind === 'adjective') return words(be(tense, subject, before), core.adjective.english, place);
  if (core.kind === 'location') return words(be(tense, subject, before), place);
  const { verb } = core;
  const main = control ?? verb;
  const isModal = control?.english === 'can' || control?.english === 'must';
  const behindMain = control && words(isModal ? '' : 'to', verb.english, verb.particle);
  const finite = isModal
    ? before.startsWith('not') && main.english === 'can'
      ? `cannot ${frequency?.english ?? ''}`.trim()
      : words(main.english, before)
    : conjugated(main, predicate, subject, before);
  return words(
    finite,
    control ? behindMain : verb.particle,
    complements(core, polarity !== 'positive'),
    place,
  );
}

function conjugated(main: Verb, { tense, polarity }: Predicate, subject: Agreement, before: string): string {
  if (tense === 'future') return words('will', before, main.english);
  const isThird = subject.person === 3 && !subject.isPlural;
  if (polarity === 'not') {
    return words(tense === 'past' ? 'did' : isThird ? 'does' : 'do', before, main.english);
  }
  const form = tense === 'past' ? main.englishPast : isThird ? third(main.english) : main.english;
  return words(before, form);
}

const third = (verb: string): string =>
  verb === 'have' ? 'has' : verb === 'go' ? 'goes' : thirdPerson(verb);

function be(tense: Predicate['tense'], { person, isPlural }: Agreement, before: string): string {
  if (tense === 'future') return words('will', before, 'be');
  const isMany = isPlural || person === 2;
  const form = tense === 'past' ? (isMany ? 'were' : 'was') : isMany ? 'are' : person === 1 ? 'am' : 'is';
  return words(form, before);
}

function complements(core: Core, isNegated: boolean): string {
  switch (core.kind) {
    case 'transitive':
      return words(core.object && nounPhrase(core.object, 'object', isNegated), core.manner?.english);
    case 'intransitive':
      return core.manner?.english ?? '';
    case 'ditransitive':
      return words(nounPhrase(core.object, 'object', isNegated), 'to', nounPhrase(core.recipient, 'object'));
    case 'clausal':
      return words('that', english(core.sentence));
    default:
      return '';
  }
}
