import type { Tense } from './grammarLexicon.ts';
import type { Agreement } from './grammarTree.ts';

/** Forms of a French verb: present of je, nous, vous, il, ils; participle; stem of the future. */
interface Forms {
  readonly present: readonly string[];
  readonly participle: string;
  readonly future: string;
}

const forms = (present: string, participle: string, future: string): Forms => ({
  present: present.split(' '),
  participle,
  future,
});

const IRREGULAR: Readonly<Record<string, Forms>> = {
  être: forms('suis sommes êtes est sont', 'été', 'ser'),
  avoir: forms('ai avons avez a ont', 'eu', 'aur'),
  voir: forms('vois voyons voyez voit voient', 'vu', 'verr'),
  acheter: forms('achète achetons achetez achète achètent', 'acheté', 'achèter'),
  courir: forms('cours courons courez court courent', 'couru', 'courr'),
  rire: forms('ris rions riez rit rient', 'ri', 'rir'),
  vivre: forms('vis vivons vivez vit vivent', 'vécu', 'vivr'),
  disparaître: forms('disparais disparaissons disparaissez disparaît disparaissent', 'disparu', 'disparaîtr'),
  envoyer: forms('envoie envoyons envoyez envoie envoient', 'envoyé', 'enverr'),
  dire: forms('dis disons dites dit disent', 'dit', 'dir'),
  croire: forms('crois croyons croyez croit croient', 'cru', 'croir'),
  savoir: forms('sais savons savez sait savent', 'su', 'saur'),
  espérer: forms('espère espérons espérez espère espèrent', 'espéré', 'espérer'),
  préférer: forms('préfère préférons préférez préfère préfèrent', 'préféré', 'préférer'),
  léguer: forms('lègue léguons léguez lègue lèguent', 'légué', 'léguer'),
  conclure: forms('conclus concluons concluez conclut concluent', 'conclu', 'conclur'),
  vouloir: forms('veux voulons voulez veut veulent', 'voulu', 'voudr'),
  pouvoir: forms('peux pouvons pouvez peut peuvent', 'pu', 'pourr'),
  devoir: forms('dois devons devez doit doivent', 'dû', 'devr'),
};

/** `ending of the infinitive → what stands in its place`: present of je, nous, vous, il, ils; participle; future. */
const CLASSES: readonly (readonly [ending: string, present: string, participle: string, future: string])[] = [
  ['prendre', 'prends prenons prenez prend prennent', 'pris', 'prendr'],
  ['mettre', 'mets mettons mettez met mettent', 'mis', 'mettr'],
  ['tenir', 'tiens tenons tenez tient tiennent', 'tenu', 'tiendr'],
  ['venir', 'viens venons venez vient viennent', 'venu', 'viendr'],
  ['suivre', 'suis suivons suivez suit suivent', 'suivi', 'suivr'],
  ['écrire', 'écris écrivons écrivez écrit écrivent', 'écrit', 'écrir'],
  ['sourire', 'souris sourions souriez sourit sourient', 'souri', 'sourir'],
  ['dormir', 'dors dormons dormez dort dorment', 'dormi', 'dormir'],
  ['sortir', 'sors sortons sortez sort sortent', 'sorti', 'sortir'],
  ['vrir', 'vre vrons vrez vre vrent', 'vert', 'vrir'],
  ['ffrir', 'ffre ffrons ffrez ffre ffrent', 'ffert', 'ffrir'],
  ['uire', 'uis uisons uisez uit uisent', 'uit', 'uir'],
  ['eindre', 'eins eignons eignez eint eignent', 'eint', 'eindr'],
  ['dre', 'ds dons dez d dent', 'du', 'dr'],
  ['ir', 'is issons issez it issent', 'i', 'ir'],
  ['ayer', 'aie ayons ayez aie aient', 'ayé', 'aier'],
  ['ger', 'ge geons gez ge gent', 'gé', 'ger'],
  ['cer', 'ce çons cez ce cent', 'cé', 'cer'],
  ['er', 'e ons ez e ent', 'é', 'er'],
];

function formsOf(infinitive: string): Forms {
  if (Object.hasOwn(IRREGULAR, infinitive)) return IRREGULAR[infinitive];
  const found = CLASSES.find(([ending]) => infinitive.endsWith(ending));
  // Only words of the lexicon come here, and a test conjugates them all.
  if (!found) throw new Error(`no conjugation of ${infinitive}`);
  const [ending, present, participle, future] = found;
  const stem = infinitive.slice(0, -ending.length);
  return {
    present: present.split(' ').map((form) => stem + form),
    participle: stem + participle,
    future: stem + future,
  };
}

/** Place among je, nous, vous, il, ils. */
const place = ({ person, isPlural }: Agreement): number =>
  person === 2 ? 2 : person === 1 ? (isPlural ? 1 : 0) : isPlural ? 4 : 3;

const FUTURE_ENDINGS = ['ai', 'ons', 'ez', 'a', 'ont'];
/** The states of the past are told in the imperfect. */
const WAS = ['étais', 'étions', 'étiez', 'était', 'étaient'];

export const presentOf = (infinitive: string, subject: Agreement): string =>
  formsOf(infinitive).present[place(subject)];
export const futureOf = (infinitive: string, subject: Agreement): string =>
  formsOf(infinitive).future + FUTURE_ENDINGS[place(subject)];
/** Être as the copula. */
export const copula = (tense: Tense, subject: Agreement): string =>
  tense === 'past'
    ? WAS[place(subject)]
    : tense === 'present'
      ? presentOf('être', subject)
      : futureOf('être', subject);

/** The past participle, agreeing where it agrees. */
export function participleOf(infinitive: string, agreeing?: Agreement): string {
  const { participle } = formsOf(infinitive);
  if (!agreeing) return participle;
  const gendered = agreeing.gender === 'f' ? `${participle.replace(/û$/, 'u')}e` : participle;
  return agreeing.isPlural && !gendered.endsWith('s') ? `${gendered}s` : gendered;
}

const WITH_ETRE = new Set(['arriver', 'venir', 'revenir', 'tomber', 'sortir', 'rester']);
export const takesEtre = (infinitive: string): boolean => WITH_ETRE.has(infinitive);
