/**
 * What prescribers type and what it is written out as. Latin and its abbreviations are understood but never written:
 * the ISMP list of error-prone abbreviations (ismp.org, 2024) is why "U", "QD", "QOD", "µg" and "mcg" come out in words.
 * Every key is lower case, of one to four words.
 */
type Vocabulary = ReadonlyMap<string, string>;

const spelt = (table: Readonly<Record<string, readonly string[]>>): Vocabulary =>
  new Map(Object.entries(table).flatMap(([written, typed]) => [written.toLowerCase(), ...typed].map((words) => [words, written] as const)));

export const PHRASE_MAX_WORDS = 4;

export const UNITS = spelt({
  'mg': ['mgs', 'milligram', 'milligrams'],
  'g': ['gm', 'gram', 'grams'],
  'microgram': ['micrograms', 'mcg', 'mcgs', 'µg', 'μg', 'ug'],
  'mL': ['mls', 'millilitre', 'millilitres', 'milliliter', 'milliliters', 'cc'],
  'L': ['litre', 'litres', 'liter', 'liters'],
  'unit': ['units', 'u', 'iu'],
  'mmol': ['mmols'],
  '%': [],
  'mg/kg': [],
  'mg/mL': [],
  'mg/5mL': [],
  'tablet': ['tablets', 'tab', 'tabs'],
  'capsule': ['capsules', 'cap', 'caps'],
  'drop': ['drops', 'gtt', 'gtts'],
  'puff': ['puffs'],
  'spray': ['sprays'],
  'sachet': ['sachets'],
  'suppository': ['suppositories', 'supp'],
});

/** Units that are counted: they take a plural, and "1 tablet" beside "500 mg" says how many of that strength. */
export const COUNTED_UNITS: Vocabulary = new Map([
  ['unit', 'units'],
  ['tablet', 'tablets'],
  ['capsule', 'capsules'],
  ['drop', 'drops'],
  ['puff', 'puffs'],
  ['spray', 'sprays'],
  ['sachet', 'sachets'],
  ['suppository', 'suppositories'],
]);

/** Typed units that ISMP lists as misread, so that the rewriting is pointed out. */
export const MISREAD_UNITS: ReadonlySet<string> = new Set(['mcg', 'mcgs', 'µg', 'μg', 'ug', 'u', 'iu', 'cc']);

export const ROUTES = spelt({
  'oral': ['po', 'orally', 'by mouth'],
  'intravenous': ['iv'],
  'intramuscular': ['im'],
  'subcutaneous': ['sc', 'subcut', 'sq', 'subq'],
  'sublingual': ['sl'],
  'topical': ['topically', 'to the skin'],
  'inhaled': ['inh', 'neb', 'nebulised', 'nebulized'],
  'rectal': ['pr', 'rectally'],
  'vaginal': ['pv', 'vaginally'],
  'nasal': ['intranasal'],
  'transdermal': [],
  'buccal': [],
  'right eye': [],
  'left eye': [],
  'both eyes': [],
  'right ear': [],
  'left ear': [],
  'both ears': [],
});

export const FREQUENCIES = spelt({
  'once daily': ['od', 'qd', 'daily', 'once a day', 'every day'],
  'twice daily': ['bd', 'bid', 'twice a day', '2 times daily', '2 times a day'],
  'three times daily': ['tid', 'tds', 'three times a day', '3 times daily', '3 times a day'],
  'four times daily': ['qid', 'qds', 'four times a day', '4 times daily', '4 times a day'],
  'every other day': ['qod', 'eod', 'alternate days', 'on alternate days'],
  'in the morning': ['mane', 'qam', 'every morning'],
  'at night': ['nocte', 'hs', 'qhs', 'at bedtime', 'every night'],
  'once weekly': ['weekly', 'once a week'],
  'once monthly': ['monthly', 'once a month'],
  'once now': ['stat', 'single dose'],
  'when needed': ['prn', 'as needed', 'if needed'],
  'before food': ['ac', 'before meals'],
  'after food': ['pc', 'after meals'],
  'with food': ['with meals'],
});

/** Days in one unit. A month of tablets is 30 days; "/7", "/52" and "/12" are the British way of writing them. */
export const DURATION_DAYS: ReadonlyMap<string, number> = new Map([
  ...['d', 'day', 'days', '/7'].map((unit) => [unit, 1] as const),
  ...['w', 'wk', 'wks', 'week', 'weeks', '/52'].map((unit) => [unit, 7] as const),
  ...['mo', 'month', 'months', '/12'].map((unit) => [unit, 30] as const),
]);
