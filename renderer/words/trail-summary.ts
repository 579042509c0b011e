import { codeSentence } from './fault-codes.ts';

/** What a call is about, for the line of the trail that it left. A call without words here is shown by its own name. */
const CALLS: Readonly<Record<string, string>> = {
  'patients.search': 'by name or number',
  'patients.recent': 'who was seen lately',
  'patients.duplicates': 'who may be the same person',
  'patients.register': 'registering a patient',
  'patients.amend': 'name, birth date, address',
  'chart.open': 'the whole chart',
  'chart.banner': 'name and allergies',
  'chart.timeline': 'timeline',
  'chart.trend': 'values over time',
  'chart.record': 'one record',
  'chart.breakGlass': 'emergency access',
  'conflicts.list': 'conflicts',
  'drafts.list': 'own unsigned notes',
  'medication.record': 'prescribing',
  'note.sign': 'signing a note',
  'staff.list': 'staff',
  'settings.site': 'the site',
  'audit.list': 'the whole workstation',
  'audit.patient': 'one patient',
  'import.begin': 'import',
  'sync.now': 'sending',
};

const VIEWED = /^([a-z]+\.[A-Za-z]+)(?: \(\d+\))?$/;
const REFUSED = /^([a-z]+\.[A-Za-z]+|\?): ([A-Z_]+)(?: \((.+)\))?$/;

/** The machine text behind a line in words; text of another shape, such as a file's name, stays as it is. */
export function summaryWords(summary: string): string {
  const [, viewed] = VIEWED.exec(summary) ?? [];
  if (viewed !== undefined) return CALLS[viewed] ?? viewed;
  const [, call, code, rule] = REFUSED.exec(summary) ?? [];
  if (call === undefined || code === undefined) return summary;
  const [why] = codeSentence(code).split('. ');
  return `${CALLS[call] ?? call}. ${why ?? code}${rule === undefined || rule === 'default' ? '' : ` (${rule})`}`;
}
