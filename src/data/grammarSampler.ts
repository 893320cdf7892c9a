import type { Random } from '../random.ts';
import type { Adjective, Noun, NounClass, Tense } from './grammarLexicon.ts';
import * as lexicon from './grammarLexicon.ts';
import type {
  Core,
  Determiner,
  NounPhrase,
  Predicate,
  Prepositional,
  Pronoun,
  Relative,
  Sentence,
} from './grammarTree.ts';

const PRONOUNS: readonly Pronoun[] = ['he', 'she', 'they', 'I', 'we', 'you'];
const NOUNS: Readonly<Record<NounClass, readonly Noun[]>> = {
  person: lexicon.PERSONS,
  animal: lexicon.ANIMALS,
  thing: lexicon.THINGS,
  place: lexicon.PLACES,
};

/** What a clause may be about: those who act, what is acted on, anything. */
const ACTORS: readonly NounClass[] = ['person', 'person', 'animal'];
const OBJECTS: readonly NounClass[] = ['thing', 'thing', 'thing', 'person', 'animal', 'place'];
const GIVEN: readonly NounClass[] = ['thing', 'thing', 'animal'];
const PEOPLE: readonly NounClass[] = ['person'];
const LOCATIONS: readonly NounClass[] = ['place'];

/** What a phrase must not be. */
interface Limits {
  readonly noPronoun?: boolean;
  /** Pronouns that would refer to the same as the subject. */
  readonly except?: NounPhrase;
  readonly indefinite?: boolean;
  /** No coordination: where it would be unclear how far a negation or a preposition reaches. */
  readonly single?: boolean;
  /** No relative clause, in which what follows could be read as its end. */
  readonly closed?: boolean;
  readonly singular?: boolean;
}

/**
 * Sentences drawn at random, about as long as asked for. Long ones are not only more clauses: phrases grow genitives,
 * complements and relative clauses, verbs take clauses, and clauses join, all within each other.
 */
export class GrammarSampler {
  private readonly random: Random;
  private readonly cumulative = new Map<readonly unknown[], Float64Array>();

  constructor(random: Random) {
    this.random = random;
  }

  /** @param budget English words wished for, punctuation included; met only roughly. At least 3 */
  sentence(budget: number, tense?: Tense): Sentence {
    if (budget < 11 || (budget < 24 && this.chance(0.45))) return this.clause(budget, tense);
    const kind = this.random.uniform();
    const share = 5 + this.random.integer(Math.max(1, budget - 11));
    if (kind < 0.38) {
      const conjunction = this.zipf(lexicon.COORDINATING);
      const first = this.sentence(share, tense);
      return { kind: 'coordination', conjunction, first, second: this.sentence(budget - share - 2, tense) };
    }
    if (kind < 0.7) {
      const conjunction = this.zipf(lexicon.SUBORDINATING);
      // When, while, if: both at one time. French would want another tense in the future.
      const common = tense === 'future' ? 'present' : (tense ?? (this.chance(0.5) ? 'past' : 'present'));
      const isFree = conjunction.english === 'because';
      const at = conjunction.english === 'if' ? 'present' : isFree ? tense : common;
      const subordinate = this.clause(share, at, true);
      const main = this.sentence(budget - share - 2, at);
      return { kind: 'subordination', conjunction, isFronted: this.chance(0.4), main, subordinate };
    }
    return this.clause(budget, tense);
  }

  private clause(budget: number, given?: Tense, isSubordinate = false): Sentence {
    const tense = given ?? this.tense();
    if (budget >= 6 && budget < 20 && this.chance(0.08)) return this.existence(budget, tense);
    const time =
      !isSubordinate && budget >= 7 && this.chance(0.2) ? this.zipf(lexicon.TIMES[tense]) : undefined;
    const left = budget - 1 - (time ? 3 : 0);
    const share = Math.max(1, Math.round(left * (0.15 + 0.35 * this.random.uniform())));
    const subject = this.phrase(share, ACTORS);
    return { kind: 'clause', time, subject, predicate: this.predicate(left - share, tense, subject) };
  }

  private existence(budget: number, tense: Tense): Sentence {
    const phrase = this.phrase(budget - 6, ['person', 'animal', 'thing'], { indefinite: true, single: true });
    return {
      kind: 'existence',
      tense,
      isNegative: this.chance(0.2),
      phrase,
      where: this.place(3),
    };
  }

  private predicate(budget: number, tense: Tense, subject: NounPhrase): Predicate {
    const polarity = this.chance(0.2) ? (this.chance(0.7) ? 'not' : 'never') : 'positive';
    const frequency =
      polarity !== 'never' && budget >= 3 && this.chance(0.12) ? this.zipf(lexicon.FREQUENCY) : undefined;
    let left =
      budget - (polarity === 'positive' ? 0 : 1) - (frequency ? 1 : 0) - (tense === 'future' ? 1 : 0);
    let control = left >= 4 && this.chance(0.15) ? this.zipf(lexicon.CONTROL) : undefined;
    if (control && ['can', 'must'].includes(control.english) && tense !== 'present') control = undefined;
    if (control) left -= 2;
    const place = left >= 6 && this.chance(0.25) ? Math.min(left - 3, 2 + this.random.integer(5)) : 0;
    const core = this.core(left - place, subject, polarity !== 'positive', control !== undefined);
    const where =
      core.kind === 'location'
        ? this.place(Math.max(3, place))
        : place > 0
          ? this.circumstance(place)
          : undefined;
    const hasVerb = core.kind !== 'adjective' && core.kind !== 'location';
    return { tense, polarity, frequency, control: hasVerb ? control : undefined, core, where };
  }

  private core(budget: number, subject: NounPhrase, isNegated: boolean, hasControl: boolean): Core {
    const kind = this.random.uniform();
    if (budget >= 7 && kind < (budget > 14 ? 0.4 : 0.2)) {
      return { kind: 'clausal', verb: this.zipf(lexicon.CLAUSAL), sentence: this.sentence(budget - 2) };
    }
    if (budget >= 6 && kind < 0.55) {
      const share = 2 + this.random.integer(Math.max(1, budget - 5));
      return {
        kind: 'ditransitive',
        verb: this.zipf(lexicon.DITRANSITIVE),
        object: this.phrase(share, GIVEN, { noPronoun: true, single: isNegated }),
        recipient: this.phrase(budget - share - 2, PEOPLE, { except: subject, single: true }),
      };
    }
    if (budget < 3) {
      if (!hasControl && this.chance(0.45)) return this.property(subject);
      if (!hasControl && this.chance(0.2)) return { kind: 'location' };
      const manner = budget === 2 && this.chance(0.5) ? this.zipf(lexicon.MANNER) : undefined;
      return { kind: 'intransitive', verb: this.zipf(lexicon.INTRANSITIVE), manner };
    }
    const object = this.phrase(budget - 1, OBJECTS, { except: subject, single: isNegated });
    const isPlain =
      object.kind !== 'both' && (object.kind !== 'noun' || !(object.relative ?? object.complement));
    const manner = isPlain && this.chance(0.15) ? this.zipf(lexicon.MANNER) : undefined;
    return { kind: 'transitive', verb: this.zipf(lexicon.TRANSITIVE), object, manner };
  }

  private property(subject: NounPhrase): Core {
    const isThing = subject.kind === 'noun' && ['thing', 'place'].includes(subject.noun.class);
    const list = this.chance(0.4) ? lexicon.PRECEDING : isThing ? lexicon.OF_OBJECTS : lexicon.OF_THE_LIVING;
    return { kind: 'adjective', adjective: this.zipf<Adjective>(list) };
  }

  /** Somewhere, or with somebody. */
  private circumstance(budget: number): Prepositional {
    if (this.chance(0.7)) return this.place(budget);
    return {
      preposition: this.zipf(lexicon.WITH),
      phrase: this.phrase(budget - 1, PEOPLE, { single: true }),
    };
  }

  private place(budget: number): Prepositional {
    const preposition = this.zipf(lexicon.WHERE);
    if (budget <= 3 && preposition.english === 'in' && this.chance(0.35)) {
      return { preposition, phrase: { kind: 'name', name: this.zipf(lexicon.CITIES) } };
    }
    return { preposition, phrase: this.phrase(budget - 1, LOCATIONS, { noPronoun: true, single: true }) };
  }

  private phrase(budget: number, classes: readonly NounClass[], limits: Limits = {}): NounPhrase {
    if (budget <= 1 && !limits.indefinite) {
      const isFree = !limits.noPronoun && (classes !== OBJECTS || this.chance(0.6));
      if (isFree && this.chance(0.75)) return { kind: 'pronoun', pronoun: this.pronoun(limits.except) };
      if (classes.includes('person')) return { kind: 'name', name: this.zipf(lexicon.NAMES) };
    }
    if (budget >= 5 && !limits.single && !limits.indefinite && this.chance(0.15)) {
      const share = 2 + this.random.integer(budget - 4);
      const inner = { noPronoun: true, single: true };
      return {
        kind: 'both',
        first: this.phrase(share, classes, { ...inner, closed: true }),
        second: this.phrase(budget - share - 1, classes, inner),
      };
    }
    const noun = this.zipf(NOUNS[classes[this.random.integer(classes.length)]]);
    const ownerBudget = budget >= 5 ? 2 : 1;
    const hasOwner = budget >= 3 && !limits.indefinite && this.chance(0.18);
    let left = budget - 2 - (hasOwner ? ownerBudget : 0);
    const determiner: Determiner = hasOwner
      ? {
          kind: 'genitive',
          owner: this.phrase(ownerBudget, PEOPLE, { noPronoun: true, single: true }),
        }
      : this.determiner(limits);
    const isPlural = this.pluralOf(determiner, limits.singular);
    const adjectives: Adjective[] = [];
    if (left >= 1 && this.chance(0.45)) adjectives.push(this.zipf(lexicon.PRECEDING));
    if (left > adjectives.length && this.chance(0.5)) {
      const isObject = noun.class === 'thing' || noun.class === 'place';
      adjectives.push(this.zipf(isObject ? lexicon.OF_OBJECTS : lexicon.OF_THE_LIVING));
    }
    left -= adjectives.length;
    const common = { kind: 'noun', determiner, noun, isPlural, adjectives } as const;
    if (!hasOwner && left >= 3 && left < 7 && this.chance(0.35)) {
      const owners: readonly NounClass[] = noun.class === 'place' ? ['place', 'person'] : ['person', 'place'];
      return { ...common, complement: this.phrase(left - 1, owners, { noPronoun: true, single: true }) };
    }
    return !limits.closed && left >= 3 && this.chance(0.9)
      ? { ...common, relative: this.relative(left - 1, common) }
      : common;
  }

  private relative(budget: number, phrase: NounPhrase): Relative {
    const isLiving = phrase.kind === 'noun' && ['person', 'animal'].includes(phrase.noun.class);
    if (isLiving ? this.chance(0.65) : budget < 3 && this.chance(0.5)) {
      return { kind: 'subject', predicate: this.predicate(budget, this.tense(), phrase) };
    }
    if (!isLiving && this.chance(0.3)) {
      const where = this.place(Math.max(3, budget - 1));
      const core = { kind: 'location' } as const;
      return { kind: 'subject', predicate: { tense: this.tense(), polarity: 'positive', core, where } };
    }
    const share = Math.max(1, Math.round((budget - 1) * (0.3 + 0.7 * this.random.uniform())));
    const left = budget - 1 - share;
    const polarity = this.chance(0.12) ? 'not' : 'positive';
    const control = left >= 2 && this.chance(0.2) ? this.zipf(lexicon.CONTROL) : undefined;
    const where = left >= 3 && !control ? this.place(left) : undefined;
    const isModal = control && ['can', 'must'].includes(control.english);
    const core = { kind: 'transitive', verb: this.zipf(lexicon.TRANSITIVE) } as const;
    const predicate = { tense: isModal ? 'present' : this.tense(), polarity, control, core, where } as const;
    return { kind: 'object', subject: this.phrase(share, ACTORS), predicate };
  }

  private determiner({ indefinite, singular }: Limits): Determiner {
    const kind = this.random.uniform();
    if (singular) return { kind: kind < 0.6 ? 'the' : kind < 0.8 ? 'a' : kind < 0.9 ? 'this' : 'every' };
    if (indefinite) {
      if (kind < 0.6) return { kind: 'a' };
      if (kind < 0.75) return { kind: 'some' };
      if (kind < 0.9) return { kind: 'number', number: this.zipf(lexicon.NUMBERS) };
      return { kind: kind < 0.95 ? 'many' : 'several' };
    }
    if (kind < 0.42) return { kind: 'the' };
    if (kind < 0.62) return { kind: 'a' };
    if (kind < 0.76) return { kind: 'possessive', owner: this.pronoun() };
    if (kind < 0.83) return { kind: 'this' };
    if (kind < 0.87) return { kind: 'some' };
    if (kind < 0.92) return { kind: 'number', number: this.zipf(lexicon.NUMBERS) };
    return { kind: (['every', 'many', 'several', 'all'] as const)[this.random.integer(4)] };
  }

  private pluralOf({ kind }: Determiner, isSingular = false): boolean {
    if (isSingular) return false;
    if (['some', 'many', 'several', 'all', 'number'].includes(kind)) return true;
    return kind !== 'a' && kind !== 'every' && this.chance(0.3);
  }

  /** Not the subject itself, nor me with us. */
  private pronoun(except?: NounPhrase): Pronoun {
    const first: readonly Pronoun[] = ['I', 'we'];
    const said = except?.kind === 'pronoun' ? except.pronoun : undefined;
    const allowed = PRONOUNS.filter(
      (p) => p !== said && !(said && first.includes(said) && first.includes(p)),
    );
    return this.zipf(allowed);
  }

  private tense(): Tense {
    const kind = this.random.uniform();
    return kind < 0.5 ? 'present' : kind < 0.85 ? 'past' : 'future';
  }

  private chance(probability: number): boolean {
    return this.random.uniform() < probability;
  }

  /** One of a list, the r-th with a probability proportional to 1/r^exponent. */
  private zipf<T>(list: readonly T[], exponent = 1.3): T {
    let sums = this.cumulative.get(list);
    if (!sums) {
      let total = 0;
      sums = Float64Array.from(list, (_, r) => {
        total += (r + 1) ** -exponent;
        return total;
      });
      this.cumulative.set(list, sums);
    }
    const at = this.random.uniform() * sums[sums.length - 1];
    return list[
      Math.min(
        list.length - 1,
        sums.findIndex((sum) => at < sum),
      )
    ];
  }
}
