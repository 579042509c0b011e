import type { Soap } from '../../shared/records/charting.ts';

/** Words of the note editor, and the phrases that every workstation has. `___` is a gap to fill. */

export const notesWords = {
  group: 'Note',
  title: 'SOAP note',
  parts: {
    subjective: { letter: 'S', label: 'Subjective', hint: 'What the patient says' },
    objective: { letter: 'O', label: 'Objective', hint: 'What you find' },
    assessment: { letter: 'A', label: 'Assessment', hint: 'What you think it is' },
    plan: { letter: 'P', label: 'Plan', hint: 'What you will do' },
  } satisfies Readonly<Record<keyof Soap, { readonly letter: string; readonly label: string; readonly hint: string }>>,
  sign: 'Sign',
  empty: 'Write something in one of the four parts first.',
  discard: 'Discard draft',
  discardTitle: 'Discard this draft?',
  discardText: 'What you typed and did not sign is removed. This cannot be undone.',
  keepDraft: 'Keep it',
  leave: 'Back to the chart',
  nextGap: 'Next gap',
  insertVitals: 'Insert today’s vitals',
  noVitalsToday: 'No vitals measured today.',
  phrases: 'Phrases',
  phrasesFor: (count: number) => (count === 1 ? '1 phrase, arrow down to choose' : `${count} phrases, arrow down to choose`),
  phrasesHint: 'Type ; and a name, then a space. ___ is a gap to fill.',
  draft: {
    untouched: 'Nothing typed yet',
    restored: (ago: string) => `Draft restored, saved ${ago}`,
    unsaved: 'Saving draft…',
    saved: (ago: string) => `Draft saved ${ago}`,
    failed: 'Draft not saved',
  },
  beside: {
    region: 'From the chart',
    vitals: 'Vitals today',
    problems: 'Problems',
    medications: 'Medications',
    none: 'None.',
  },
  vitals: {
    pressure: (value: string) => `BP ${value}`,
    heartRate: (value: string) => `pulse ${value}`,
    respiratoryRate: (value: string) => `breaths ${value}`,
    temperature: (value: string) => `temperature ${value}`,
    oxygenSaturation: (value: string) => `SpO₂ ${value}`,
    weight: (value: string) => `weight ${value}`,
    height: (value: string) => `height ${value}`,
    headCircumference: (value: string) => `head ${value}`,
    at: (time: string, values: string) => `Vitals at ${time}: ${values}.`,
  },
} as const;

/** Name of the phrase that stands for today's vitals. */
export const VITALS_PHRASE = 'vitals';

export const COMMON_PHRASES = [
  { name: 'cough', text: 'Cough for ___ days, sputum ___, fever ___, short of breath ___.' },
  { name: 'fever', text: 'Fever for ___ days, highest ___, with ___. Travel or contact: ___.' },
  { name: 'diarrhoea', text: 'Loose stools ___ times a day for ___ days, blood ___, vomiting ___, drinking ___.' },
  { name: 'pain', text: 'Pain in ___ since ___, character ___, worse with ___, better with ___, severity ___ of 10.' },
  { name: 'bp-review', text: 'Blood pressure review. Takes medicines as prescribed: ___. Side effects: ___. Headache, chest pain, breathlessness, swelling: ___.' },
  { name: 'dm-review', text: 'Diabetes review. Home glucose ___. Hypoglycaemia ___. Feet ___. Eyes last seen ___.' },
  { name: 'anc', text: 'Antenatal visit at ___ weeks. Movements felt ___. Bleeding ___, headache ___, swelling ___, fluid loss ___.' },
  { name: 'well', text: 'Alert, well, not in distress.' },
  { name: 'chest', text: 'Chest clear, breath sounds equal, no wheeze, no crackles.' },
  { name: 'heart', text: 'Heart sounds normal, no murmur, no ankle swelling.' },
  { name: 'abdomen', text: 'Abdomen soft, not tender, no masses, bowel sounds normal.' },
  { name: 'ent', text: 'Throat ___, ears ___, nose clear, no swollen glands.' },
  { name: 'neuro', text: 'Alert and oriented, cranial nerves intact, power and sensation normal and equal.' },
  { name: 'hydration', text: 'Hydration: ___. Mucosae ___, skin pinch ___, eyes ___.' },
  { name: 'safety', text: 'Come back at once if ___, or if worse or not better in ___ days.' },
  { name: 'followup', text: 'Follow-up in ___ with ___.' },
  { name: 'consent', text: 'Explained in words the patient understands; the patient agrees to ___.' },
] as const;
