import type { Adjective, ControlVerb, Fixed, Name, Noun, Tense, Verb } from './grammarLexicon.ts';

/**
 * What a sentence of the embedded grammar says, in no language: both sides are linearised from it. Every part of
 * it that French needs is to be seen in the English, so that the French is a function of the English.
 */

/** I, you, he, she, we, they. */
export type Pronoun = 'I' | 'you' | 'he' | 'she' | 'we' | 'they';

export type Determiner =
  | { readonly kind: 'the' | 'a' | 'some' | 'this' | 'every' | 'many' | 'several' | 'all' }
  | { readonly kind: 'number'; readonly number: Fixed }
  | { readonly kind: 'possessive'; readonly owner: Pronoun }
  /** the man's dog, le chien de l'homme */
  | { readonly kind: 'genitive'; readonly owner: NounPhrase };

export type NounPhrase =
  | { readonly kind: 'pronoun'; readonly pronoun: Pronoun }
  | { readonly kind: 'name'; readonly name: Name }
  | {
      readonly kind: 'noun';
      readonly determiner: Determiner;
      readonly noun: Noun;
      readonly isPlural: boolean;
      readonly adjectives: readonly Adjective[];
      /** Behind the noun, at most one of the two: a relative clause always says something of the noun before it. */
      readonly complement?: NounPhrase;
      readonly relative?: Relative;
    }
  | { readonly kind: 'both'; readonly first: NounPhrase; readonly second: NounPhrase };

export type Relative =
  | { readonly kind: 'subject'; readonly predicate: Predicate }
  /** The predicate's verb is transitive, and its object is the noun. */
  | { readonly kind: 'object'; readonly subject: NounPhrase; readonly predicate: Predicate };

export interface Prepositional {
  readonly preposition: Fixed;
  readonly phrase: NounPhrase;
}

export type Core =
  | { readonly kind: 'intransitive'; readonly verb: Verb; readonly manner?: Fixed }
  /** Without an object where a relative clause took it out. */
  | {
      readonly kind: 'transitive';
      readonly verb: Verb;
      readonly object?: NounPhrase;
      readonly manner?: Fixed;
    }
  | {
      readonly kind: 'ditransitive';
      readonly verb: Verb;
      readonly object: NounPhrase;
      readonly recipient: NounPhrase;
    }
  | { readonly kind: 'clausal'; readonly verb: Verb; readonly sentence: Sentence }
  | { readonly kind: 'adjective'; readonly adjective: Adjective }
  | { readonly kind: 'location' };

export interface Predicate {
  readonly tense: Tense;
  readonly polarity: 'positive' | 'not' | 'never';
  /** None beside `never`. */
  readonly frequency?: Fixed;
  readonly control?: ControlVerb;
  readonly core: Core;
  readonly where?: Prepositional;
}

export type Sentence =
  | {
      readonly kind: 'clause';
      readonly time?: Fixed;
      readonly subject: NounPhrase;
      readonly predicate: Predicate;
    }
  /** there is, il y a */
  | {
      readonly kind: 'existence';
      readonly tense: Tense;
      readonly isNegative: boolean;
      readonly phrase: NounPhrase;
      readonly where: Prepositional;
    }
  | {
      readonly kind: 'coordination';
      readonly conjunction: Fixed;
      readonly first: Sentence;
      readonly second: Sentence;
    }
  | {
      readonly kind: 'subordination';
      readonly conjunction: Fixed;
      readonly isFronted: boolean;
      readonly main: Sentence;
      readonly subordinate: Sentence;
    };

/** Of what a verb or an adjective agrees with. */
export interface Agreement {
  readonly person: 1 | 2 | 3;
  readonly isPlural: boolean;
  readonly gender: 'm' | 'f';
}

const PRONOUNS: Readonly<Record<Pronoun, Agreement>> = {
  I: { person: 1, isPlural: false, gender: 'm' },
  you: { person: 2, isPlural: false, gender: 'm' },
  he: { person: 3, isPlural: false, gender: 'm' },
  she: { person: 3, isPlural: false, gender: 'f' },
  we: { person: 1, isPlural: true, gender: 'm' },
  they: { person: 3, isPlural: true, gender: 'm' },
};

/** A pronoun whose gender English does not tell counts as masculine; `you` is one polite person. */
export function agreementOf(phrase: NounPhrase): Agreement {
  switch (phrase.kind) {
    case 'pronoun':
      return PRONOUNS[phrase.pronoun];
    case 'name':
      return { person: 3, isPlural: false, gender: phrase.name.gender };
    case 'noun':
      return { person: 3, isPlural: phrase.isPlural, gender: phrase.noun.gender };
    case 'both': {
      const all = [agreementOf(phrase.first), agreementOf(phrase.second)];
      return { person: 3, isPlural: true, gender: all.every(({ gender }) => gender === 'f') ? 'f' : 'm' };
    }
  }
}
