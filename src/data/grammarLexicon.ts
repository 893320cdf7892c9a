/**
 * The words of the embedded bilingual grammar. Within each list they stand by falling frequency: they are drawn with
 * Zipf's law, so that the ends of the lists are what a shortlist of frequent words leaves unknown.
 *
 * Left out are English forms of two words (leaves, read) and French nouns with an aspirated h: what an English
 * sentence means, and what elides, is to be seen from the words alone.
 */

export type Gender = 'm' | 'f';
export type NounClass = 'person' | 'animal' | 'thing' | 'place';

export interface Noun {
  readonly english: string;
  readonly englishPlural: string;
  readonly french: string;
  readonly frenchPlural: string;
  readonly gender: Gender;
  readonly class: NounClass;
}

/** A person's name, or a city's (whose gender is not used). */
export interface Name {
  readonly english: string;
  readonly french: string;
  readonly gender: Gender;
}

export interface Adjective {
  readonly english: string;
  /** Masculine, feminine, and the masculine before a vowel where it is another (vieil). */
  readonly masculine: string;
  readonly feminine: string;
  readonly beforeVowel?: string;
  /** Stands before the noun in French, too. */
  readonly precedes: boolean;
}

/** Two languages' verb, as the linearisations conjugate it. */
export interface Verb {
  readonly english: string;
  readonly englishPast: string;
  /** Behind the English verb: look *for*, come *back*. */
  readonly particle: string;
  readonly french: string;
  readonly reflexive: boolean;
}

/** A verb with an infinitive behind it: refuse *to* see, refuser *de* voir. */
export interface ControlVerb extends Verb {
  /** Between the two verbs in French: de, à or nothing. */
  readonly link: string;
}

const lines = (table: string): string[][] =>
  table
    .split(/[;\n]/)
    .map((entry) => entry.trim().split(/\s+/))
    .filter(([first]) => first !== '');

const sibilant = /(?:[sxz]|ch|sh)$/;
const thirdForm = (word: string): string =>
  /[^aeiou]y$/.test(word) ? `${word.slice(0, -1)}ies` : sibilant.test(word) ? `${word}es` : `${word}s`;
/** The plural of French nouns and masculine adjectives that have a regular one. */
export const frenchPlural = (word: string): string =>
  /[sxz]$/.test(word)
    ? word
    : /eau$/.test(word)
      ? `${word}x`
      : /al$/.test(word)
        ? `${word.slice(0, -2)}aux`
        : `${word}s`;
/** English verbs: he sees. */
export const thirdPerson = thirdForm;

/** `english[:plural] french gender` */
const nouns = (kind: NounClass, table: string): Noun[] =>
  lines(table).map(([words, french, gender]) => {
    const [english, englishPlural = thirdForm(english)] = words.split(':');
    const plural = frenchPlural(french);
    return { english, englishPlural, french, frenchPlural: plural, gender: gender as Gender, class: kind };
  });

export const PERSONS = nouns(
  'person',
  `man:men homme m; woman:women femme f; child:children enfant m; girl fille f; boy garçon m; friend ami m
  teacher professeur m; mother mère f; father père m; doctor médecin m; brother frère m; sister sœur f
  neighbour voisin m; king roi m; queen reine f; student étudiant m; farmer fermier m; nurse infirmière f
  soldier soldat m; baker boulanger m; aunt tante f; uncle oncle m; singer chanteuse f; lawyer avocat m
  writer écrivain m; princess princesse f; driver chauffeur m; witch sorcière f; worker ouvrier m; dancer danseuse f
  painter peintre m; tourist touriste m; actress actrice f; gardener jardinier m; cousin cousine f; thief:thieves voleur m
  journalist journaliste m; sailor marin m; engineer ingénieur m; waiter serveur m; judge juge m; musician musicien m
  prince prince m; widow veuve f; butcher boucher m; guest invité m; priest prêtre m; mayor maire m; bride mariée f
  merchant marchand m; hunter chasseur m; captain capitaine m; shepherd berger m; victim victime f; nun religieuse f
  monk moine m; prisoner prisonnier m; seamstress couturière f; blacksmith forgeron m; orphan orphelin m
  pharmacist pharmacienne f; carpenter menuisier m; librarian bibliothécaire m; miller meunier m; duchess duchesse f`,
);
export const ANIMALS = nouns(
  'animal',
  `dog chien m; cat chat m; horse cheval m; bird oiseau m; cow vache f; wolf:wolves loup m; mouse:mice souris f
  bear ours m; pig cochon m; fox renard m; rabbit lapin m; hen poule f; lion lion m; duck canard m; goat chèvre f
  bee abeille f; frog grenouille f; donkey âne m; turtle tortue f; monkey singe m; elephant éléphant m; snake serpent m
  spider araignée f; butterfly papillon m; whale baleine f; tiger tigre m; goose:geese oie f; swan cygne m
  squirrel écureuil m; ant fourmi f; shark requin m; crow corbeau m; owl chouette f; giraffe girafe f; camel chameau m
  parrot perroquet m; dolphin dauphin m; mole taupe f; eagle aigle m; lizard lézard m; seal phoque m; otter loutre f`,
);
export const THINGS = nouns(
  'thing',
  `book livre m; letter lettre f; car voiture f; table table f; key clé f; flower fleur f; chair chaise f; apple pomme f
  tree arbre m; door porte f; window fenêtre f; bag sac m; story histoire f; picture image f; song chanson f; hat chapeau m
  box boîte f; glass verre m; coat manteau m; gift cadeau m; question question f; idea idée f; boat bateau m; bed lit m
  stone pierre f; bottle bouteille f; shirt chemise f; newspaper journal m; lamp lampe f; map carte f; dress robe f
  train train m; cake gâteau m; plate assiette f; clock horloge f; shoe chaussure f; knife:knives couteau m; cup tasse f
  painting tableau m; egg œuf m; bicycle bicyclette f; plane avion m; answer réponse f; ring bague f; mirror miroir m
  toy jouet m; wall mur m; poem poème m; ticket billet m; pen stylo m; secret secret m; suitcase valise f; guitar guitare f
  roof toit m; problem problème m; ball balle f; candle bougie f; lesson leçon f; doll poupée f; film film m; word mot m
  computer ordinateur m; telephone téléphone m; spoon cuillère f; cheese fromage m; umbrella parapluie m; pear poire f
  notebook cahier m; piano piano m; coin pièce f; fork fourchette f; machine machine f; necklace collier m; ship navire m
  pencil crayon m; lemon citron m; ladder échelle f; sword épée f; violin violon m; tomato:tomatoes tomate f; rope corde f
  wheel roue f; treasure trésor m; hammer marteau m; carrot carotte f; bell cloche f; onion oignon m; drum tambour m
  mushroom champignon m; blanket couverture f; pillow oreiller m; basket panier m; broom balai m; needle aiguille f
  bucket seau m; compass boussole f; crown couronne f; scarf:scarves écharpe f; anchor ancre f; whistle sifflet m
  lantern lanterne f; kettle bouilloire f; carpet tapis m; stamp timbre m; lyre lyre f; shield bouclier m`,
);
export const PLACES = nouns(
  'place',
  `house maison f; garden jardin m; city ville f; school école f; street rue f; village village m; forest forêt f
  kitchen cuisine f; market marché m; church église f; river rivière f; room chambre f; park parc m; station gare f
  castle château m; mountain montagne f; hotel hôtel m; shop magasin m; bridge pont m; hospital hôpital m; library bibliothèque f
  island île f; museum musée m; field champ m; beach plage f; farm ferme f; office bureau m; square place f; tower tour f
  theatre théâtre m; factory usine f; lake lac m; prison prison f; restaurant restaurant m; road route f
  hill colline f; path sentier m; café café m; valley vallée f; airport aéroport m; cave grotte f; desert désert m
  palace palais m; university université f; courtyard cour f; port port m; attic grenier m; cinema cinéma m; temple temple m
  stable écurie f; cemetery cimetière m; barn grange f; bakery boulangerie f; garage garage m; quarry carrière f
  vineyard vignoble m; lighthouse phare m; meadow prairie f; swamp marais m; abbey abbaye f; chapel chapelle f`,
);

const persons = (gender: Gender, table: string): Name[] =>
  lines(table).map(([english, french = english]) => ({ english, french, gender }));
/** The frequent ones of both genders in turn, so that neither is rare. */
const inTurn = (a: Name[], b: Name[]): Name[] => a.flatMap((name, i) => (b[i] ? [name, b[i]] : [name]));

export const NAMES = inTurn(
  persons(
    'f',
    `Mary Marie; Alice; Julia Julie; Helen Hélène; Lucy Lucie; Emma; Anna Anne; Sophia Sophie; Louise; Margaret Marguerite
    Clara Claire; Jane Jeanne; Camilla Camille; Eleanor Éléonore; Martha Marthe; Caroline; Judith; Susan Suzanne; Agnes Agnès; Frances Françoise
    Nina; Amelia Amélie; Cecilia Cécile; Isabella Isabelle; Irene Irène; Olga; Theresa Thérèse; Rosalie; Virginia Virginie; Edith Édith
    Dorothy Dorothée; Beatrice Béatrice; Gertrude; Matilda Mathilde; Ingrid; Adela Adèle; Penelope Pénélope; Cordelia; Leonora Léonore; Octavia Octavie
    Ursula Ursule; Winifred; Zelda; Philippa; Gwendolyn; Clotilda Clotilde; Sidonia Sidonie; Eulalia Eulalie; Ottilia Odile; Balbina Balbine`,
  ),
  persons(
    'm',
    `John Jean; Peter Pierre; Paul; James Jacques; Andrew André; Louis; Matthew Matthieu; Martin; Stephen Étienne; Charles
    Thomas; William Guillaume; Henry Henri; Philip Philippe; Mark Marc; Luke Luc; Anthony Antoine; Nicholas Nicolas; Robert; Francis François
    Simon; Victor; Gregory Grégoire; George Georges; Lawrence Laurent; Benedict Benoît; Raymond; Edmund Edmond; Arthur; Oscar
    Theodore Théodore; Vincent; Eugene Eugène; Walter Gautier; Ferdinand; Augustine Augustin; Bartholomew Barthélemy; Ambrose Ambroise; Clement Clément; Rudolph Rodolphe
    Cyprian Cyprien; Thorvald; Leopold Léopold; Maximilian Maximilien; Ignatius Ignace; Zachary Zacharie; Casimir; Boris; Aurelian Aurélien; Tancred Tancrède`,
  ),
);
export const CITIES = persons(
  'm',
  `Paris; London Londres; Rome; Berlin; Madrid; Vienna Vienne; Brussels Bruxelles; Geneva Genève; Lyon; Venice Venise
  Lisbon Lisbonne; Moscow Moscou; Prague; Athens Athènes; Marseille; Barcelona Barcelone; Dublin; Warsaw Varsovie; Milan
  Naples; Bordeaux; Tokyo; Boston; Stockholm; Seville Séville; Copenhagen Copenhague; Montreal Montréal; Budapest; Lille
  Edinburgh Édimbourg; Nantes; Chicago; Algiers Alger; Toulouse; Oslo; Dakar; Beijing Pékin; Antwerp Anvers; Tunis
  Genoa Gênes; Krakow Cracovie; Seoul Séoul; Turin; Lima; Cologne; Munich; Zagreb; Riga; Tallinn; Sofia; Bergen; Belgrade`,
);

/** `english masculine[:feminine[:before a vowel]]` */
const adjectives = (precedes: boolean, table: string): Adjective[] =>
  lines(table).map(([english, forms]) => {
    const [masculine, feminine = feminineOf(masculine), beforeVowel] = forms.split(':');
    return { english, masculine, feminine, beforeVowel, precedes };
  });
function feminineOf(masculine: string): string {
  if (masculine.endsWith('e')) return masculine;
  if (masculine.endsWith('eux')) return `${masculine.slice(0, -1)}se`;
  if (masculine.endsWith('en')) return `${masculine}ne`;
  if (masculine.endsWith('er')) return `${masculine.slice(0, -2)}ère`;
  return `${masculine}e`;
}

export const PRECEDING = adjectives(
  true,
  `small petit; big grand; old vieux:vieille:vieil; young jeune; beautiful beau:belle:bel; new nouveau:nouvelle:nouvel
  good bon:bonne; pretty joli; bad mauvais; fat gros:grosse; long long:longue`,
);
const ORIGINS =
  'English anglais; French français; Italian italien; German allemand; Spanish espagnol; Russian russe';
export const OF_THE_LIVING = adjectives(
  false,
  `happy heureux; sad triste; tired fatigué; rich riche; poor pauvre; strong fort; famous célèbre; sick malade; strange étrange
  dangerous dangereux; intelligent intelligent; brave courageux; proud fier; honest honnête; jealous jaloux:jalouse; shy timide
  angry fâché; curious curieux; weak faible; cruel cruel:cruelle; kind gentil:gentille; nervous nerveux; calm calme
  ${ORIGINS}; lazy paresseux; faithful fidèle; greedy avare; stubborn têtu; discreet discret:discrète; blind aveugle; mute muet:muette`,
);
export const OF_OBJECTS = adjectives(
  false,
  `red rouge; blue bleu; white blanc:blanche; black noir; green vert; heavy lourd; yellow jaune; empty vide; dirty sale; grey gris
  clean propre; expensive cher; round rond; dark sombre; modern moderne; cold froid; warm chaud; rare rare; useful utile
  strange étrange; full plein; ancient ancien; dry sec:sèche; noisy bruyant; dangerous dangereux; ${ORIGINS}; brown brun
  useless inutile; fragile fragile; solid solide; magnificent magnifique; narrow étroit; deep profond; golden doré; rusty rouillé`,
);

const past = (base: string): string =>
  /e$/.test(base) ? `${base}d` : /[^aeiou]y$/.test(base) ? `${base.slice(0, -1)}ied` : `${base}ed`;
/** `english[:past][+particle] french`, the French with `se_` when reflexive */
const verbs = (table: string): (Verb & { readonly rest: string })[] =>
  lines(table).map(([words, infinitive, rest = '']) => {
    const [forms, particle = ''] = words.split('+');
    const [english, englishPast = past(english)] = forms.split(':');
    const reflexive = infinitive.startsWith('se_');
    const french = reflexive ? infinitive.slice(3) : infinitive;
    return { english, englishPast, particle, french, reflexive, rest };
  });

export const TRANSITIVE: readonly Verb[] = verbs(
  `see:saw voir; love aimer; have:had avoir; find:found trouver; look+for chercher; watch regarder; buy:bought acheter
  take:took prendre; hear:heard entendre; listen+to écouter; wait+for attendre; help aider; follow suivre; meet:met rencontrer
  carry porter; visit visiter; understand:understood comprendre; lose:lost perdre; draw:drew dessiner; open ouvrir
  hide:hid cacher; choose:chose choisir; leave:left quitter; hate détester; describe décrire; touch toucher; admire admirer
  hold:held tenir; avoid éviter; steal:stole voler; break:broke casser; invite inviter; wash laver; push pousser; paint peindre
  protect défendre; pull tirer; build:built construire; thank remercier; use utiliser; greet saluer; save sauver
  catch:caught attraper; throw:threw lancer; count compter; attack attaquer; examine examiner; destroy détruire
  feed:fed nourrir; measure mesurer; borrow emprunter; deceive tromper; explore explorer; burn brûler; copy copier; imitate imiter`,
);
export const INTRANSITIVE: readonly Verb[] = verbs(
  `sleep:slept dormir; work travailler; sing:sang chanter; arrive arriver; come:came venir; dance danser; walk marcher
  laugh rire; cry pleurer; play jouer; run:ran courir; come:came+back revenir; fall:fell tomber; go:went+out sortir
  rest se_reposer; speak:spoke parler; swim:swam nager; stay rester; smile sourire; travel:travelled voyager; shout crier
  live vivre; wake:woke+up se_réveiller; jump sauter; hurry se_dépêcher; disappear disparaître; suffer souffrir; breathe respirer
  pray prier; cough tousser; whisper chuchoter; faint se_évanouir; sneeze éternuer`,
);
export const DITRANSITIVE: readonly Verb[] = verbs(
  `give:gave donner; show montrer; send:sent envoyer; bring:brought apporter; sell:sold vendre; offer offrir; lend:lent prêter
  tell:told raconter; promise promettre; explain expliquer; entrust confier; bequeath léguer`,
);
export const CLAUSAL: readonly Verb[] = verbs(
  `say:said dire; think:thought penser; know:knew savoir; believe croire; hope espérer; forget:forgot oublier; announce annoncer
  notice remarquer; claim affirmer; declare déclarer; guess deviner; conclude conclure`,
);
export const CONTROL: readonly ControlVerb[] = verbs(
  `want vouloir; can pouvoir; must devoir; try essayer de; begin:began commencer à; refuse refuser de; learn apprendre à
  decide décider de; continue continuer à; prefer:preferred préférer; agree accepter de; dare oser; hesitate hésiter à`,
).map(({ rest, ...verb }) => ({ ...verb, link: rest }));

export type Tense = 'present' | 'past' | 'future';
/** Words that are the same wherever they stand: `english|french`. */
const fixed = (table: string): { english: string; french: string }[] =>
  table.split(';').map((entry) => {
    const [english, french] = entry.split('|').map((side) => side.trim());
    return { english, french };
  });
export type Fixed = ReturnType<typeof fixed>[number];

/** They stand before the English verb and behind the finite French one. */
export const FREQUENCY = fixed('often|souvent; always|toujours; sometimes|parfois; rarely|rarement');
/** They end the English clause and stand behind the whole French verb. */
export const MANNER = fixed(
  'slowly|lentement; quickly|rapidement; carefully|prudemment; quietly|doucement; patiently|patiemment; secretly|secrètement',
);
export const TIMES: Readonly<Record<Tense, readonly Fixed[]>> = {
  present: fixed(
    "today|aujourd'hui; every day|chaque jour; in winter|en hiver; every evening|chaque soir; in summer|en été",
  ),
  past: fixed(
    "yesterday|hier; last night|hier soir; last year|l'année dernière; this morning|ce matin; in winter|en hiver",
  ),
  future: fixed(
    "tomorrow|demain; next week|la semaine prochaine; tonight|ce soir; next year|l'année prochaine; in summer|en été",
  ),
};
/** Prepositions, with the French `de` at the end where there is one; it contracts with the article. */
export const WHERE = fixed(
  'in|dans; near|près de; behind|derrière; in front of|devant; next to|à côté de; opposite|en face de; outside|hors de; beneath|sous',
);
export const WITH = fixed('with|avec; for|pour; without|sans; against|contre; like|comme');
export const COORDINATING = fixed('and|et; but|mais; or|ou');
export const SUBORDINATING = fixed(
  'because|parce que; when|quand; while|pendant que; as soon as|dès que; if|si',
);
export const NUMBERS = fixed('two|deux; three|trois; four|quatre; five|cinq; ten|dix; twenty|vingt');
