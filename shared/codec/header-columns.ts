import type { HybridTime } from '../ledger/hybrid-clock.ts';
import { tick } from '../ledger/hybrid-clock.ts';
import { MalformedBytes } from '../sync/wire-bytes.ts';
import { ACTS_MAX } from './budget.ts';
import type { Circumstances } from './circumstances.ts';
import type { Coder } from './coder.ts';
import type { HeaderFields } from './header-text.ts';
import { checkNumber, codeInt, codeSymbol, codeTree, codeUint, NUMBER_LIMIT, SYMBOL_SLOTS, UINT_SLOTS } from './numbers.ts';
import type { Probabilities } from './probabilities.ts';
import { madeBy, splitEntry } from './record-ids.ts';
import { PlaceColumn, ReferenceColumn } from './reference-column.ts';
import { NO_COLUMN } from './text-column.ts';

const PARENTS_MAX = 100_000;
const KIND_MAX_CHARACTERS = 64;
/** How the body of an entry travels. */
export const FORM = { json: 0, none: 1, bytes: 2, erased: 3, foreign: 4 } as const;
export const FORM_BITS = 3;

/** What headers of one kind of act have in common, and what was learned of the rest. */
class Act {
  readonly kind: string;
  readonly decision: string;
  readonly purpose: string;
  readonly clockState: string;
  readonly minReader: number;
  readonly #slots: number;

  constructor(common: Pick<HeaderFields, 'kind' | 'decision' | 'purpose' | 'clockState' | 'minReader'>, slots: number) {
    this.kind = common.kind;
    this.decision = common.decision;
    this.purpose = common.purpose;
    this.clockState = common.clockState;
    this.minReader = common.minReader;
    this.#slots = slots;
  }

  get key(): string {
    return actKey(this);
  }

  slot(name: keyof typeof ACT_SLOTS): number {
    return this.#slots + ACT_SLOTS[name];
  }
}

const actKey = ({ kind, decision, purpose, clockState, minReader }: Pick<HeaderFields, 'kind' | 'decision' | 'purpose' | 'clockState' | 'minReader'>): string =>
  [kind, decision, purpose, clockState, minReader].join('\0');

const ACT_SLOTS = {
  form: 0, next: 8, sameSetting: 8 + SYMBOL_SLOTS, hasPatient: 9 + SYMBOL_SLOTS, hasRecord: 10 + SYMBOL_SLOTS, expectedClock: 11 + SYMBOL_SLOTS,
  parents: 12 + SYMBOL_SLOTS, gapSamePatient: 12 + 2 * SYMBOL_SLOTS, gap: 12 + 2 * SYMBOL_SLOTS + UINT_SLOTS, drift: 12 + 2 * SYMBOL_SLOTS + 2 * UINT_SLOTS,
} as const;
/** By how the clocks differed the last time: rounding goes to and fro. */
const DRIFT_CONTEXTS = 3;
const ACT_SLOT_COUNT = ACT_SLOTS.drift + DRIFT_CONTEXTS * UINT_SLOTS;

type Setting = { readonly session: number | null; readonly zone: string; readonly offset: number };
/** Times at their first use: somewhere in this decade, so that the first difference is small. */
const EPOCH_MS = Date.UTC(2026, 0, 1);

/** All columns of headers, and where the last entry left them. */
export class HeaderColumns {
  #acts: Act[] = [];
  #actPlaces = new Map<string, number>();
  #patients = new ReferenceColumn();
  #records = new ReferenceColumn();
  #parents = new PlaceColumn();
  #patientNumbers = new Map<string, number>();
  #slots = -1;
  #act: Act | null = null;
  #setting: Setting = { session: null, zone: '', offset: 0 };
  #at = EPOCH_MS;
  #clock: HybridTime = [0, 0];
  #monotonic = 0;
  #drift = 0;
  #patient: string | null = null;

  /** What was learned, without what belongs to patients or to a moment. */
  copy(): HeaderColumns {
    const copy = new HeaderColumns();
    copy.#acts = [...this.#acts];
    copy.#actPlaces = new Map(this.#actPlaces);
    copy.#patients = this.#patients.copy();
    copy.#records = this.#records.copy();
    copy.#parents = this.#parents.copy();
    copy.#slots = this.#slots;
    return copy;
  }

  /** Whether another header of this sort has a place. */
  takes(fields: HeaderFields): boolean {
    return this.#acts.length < ACTS_MAX || this.#actPlaces.has(actKey(fields));
  }

  /** The monotonic clock of a segment starts with it. */
  beginRun(from: number): void {
    if (from === 0) this.#monotonic = Number.NaN;
  }

  /** Form of the entry that comes, in the light of the act before it. */
  codeForm(coder: Coder, form: number): number {
    return codeTree(coder, this.#act === null ? this.#own(coder.probabilities) + OWN.form : this.#act.slot('form'), FORM_BITS, form);
  }

  /** All but the commitment to the body. Sets what the body's columns lean on. */
  code(now: Circumstances, fields: HeaderFields | null): Omit<HeaderFields, 'body'> {
    const { coder } = now;
    const act = this.#codeAct(now, fields);
    const setting = this.#codeSetting(now, act, fields);
    const patient = this.#codePatient(now, act, fields);
    const samePatient = patient !== null && patient === this.#patient;
    const at = checkNumber(this.#at + codeInt(coder, act.slot(samePatient ? 'gapSamePatient' : 'gap'), (fields?.at ?? 0) - this.#at));
    const clock = this.#codeClock(coder, act, at, fields);
    const monotonic = this.#codeMonotonic(coder, act, at, fields);
    const record = this.#codeRecord(now, act, patient, fields);
    const parents = this.#codeParents(now, act, fields);
    this.#act = act;
    this.#setting = setting;
    this.#at = at;
    this.#clock = clock;
    this.#monotonic = monotonic;
    this.#patient = patient ?? this.#patient;
    now.at = at;
    now.origin = originOf(now, record) ?? at;
    noteTime(now, at);
    now.patient = patient;
    now.record = record;
    now.patientNumber = this.#numberOf(patient);
    now.previousString = 0;
    const { kind, decision, purpose, clockState, minReader } = act;
    return { at, clockMs: clock[0], clockCount: clock[1], clockState, decision, kind, minReader, monotonic, parents, patient, purpose, record, ...setting };
  }

  #own(probabilities: Probabilities): number {
    if (this.#slots === -1) this.#slots = probabilities.reserve(OWN_SLOTS);
    return this.#slots;
  }

  #codeAct(now: Circumstances, fields: HeaderFields | null): Act {
    const { coder } = now;
    const own = this.#own(coder.probabilities);
    const known = fields === null ? 0 : (this.#actPlaces.get(actKey(fields)) ?? this.#acts.length);
    const place = codeSymbol(coder, this.#act === null ? own + OWN.act : this.#act.slot('next'), known);
    const act = this.#acts[place];
    if (act !== undefined) return act;
    if (place !== this.#acts.length || place >= ACTS_MAX) throw new MalformedBytes('no such act');
    const kind = this.#codeWord(now, fields?.kind ?? null);
    if (kind === '' || kind.length > KIND_MAX_CHARACTERS) throw new MalformedBytes('no kind');
    const common = { kind, decision: this.#codeWord(now, fields?.decision ?? null), purpose: this.#codeWord(now, fields?.purpose ?? null), clockState: this.#codeWord(now, fields?.clockState ?? null), minReader: limited(codeUint(coder, own + OWN.number, fields?.minReader ?? 0)) };
    const made = new Act(common, coder.probabilities.reserve(ACT_SLOT_COUNT));
    this.#actPlaces.set(made.key, place);
    this.#acts.push(made);
    return made;
  }

  /** A word that some column has met, or a new one. */
  #codeWord(now: Circumstances, word: string | null): string {
    const { coder, strings } = now;
    const own = this.#own(coder.probabilities);
    const known = word === null ? -1 : strings.placeOf(word);
    if (coder.bit(own + OWN.isKnown, known >= 0 ? 1 : 0) === 1) return strings.at(codeUint(coder, own + OWN.known, known));
    const text = now.texts.text(coder, word, NO_COLUMN);
    now.budget.text(text.length);
    strings.add(text);
    return text;
  }

  /** Who is at the keyboard, and the zone: the same as before, most of the time. */
  #codeSetting(now: Circumstances, act: Act, fields: HeaderFields | null): Setting {
    const { coder } = now;
    const before = this.#setting;
    const same = fields !== null && fields.session === before.session && fields.zone === before.zone && fields.offset === before.offset;
    if (coder.bit(act.slot('sameSetting'), same ? 1 : 0) === 1) return before;
    const own = this.#own(coder.probabilities);
    const session = codeUint(coder, own + OWN.session, fields === null || fields.session === null ? 0 : fields.session + 1);
    const zone = this.#codeWord(now, fields?.zone ?? null);
    const offset = checkNumber(codeInt(coder, own + OWN.offset, fields?.offset ?? 0));
    return { session: session === 0 ? null : limited(session - 1), zone, offset };
  }

  #codePatient({ coder, records }: Circumstances, act: Act, fields: HeaderFields | null): string | null {
    if (coder.bit(act.slot('hasPatient'), fields !== null && fields.patient !== null ? 1 : 0) === 0) return null;
    return this.#patients.code(coder, records, fields?.patient ?? null, [this.#patient, null, null]);
  }

  #codeRecord(now: Circumstances, act: Act, patient: string | null, fields: HeaderFields | null): string | null {
    const { coder, records } = now;
    if (coder.bit(act.slot('hasRecord'), fields !== null && fields.record !== null ? 1 : 0) === 0) return null;
    const encounter = now.lastReferences.get(`encounter ${this.#numberOf(patient)}`) ?? null;
    return this.#records.code(coder, records, fields?.record ?? null, [patient, encounter, now.record]);
  }

  #codeClock(coder: Coder, act: Act, at: number, fields: HeaderFields | null): HybridTime {
    const expected = tick(this.#clock, at);
    const isExpected = fields !== null && fields.clockMs === expected[0] && fields.clockCount === expected[1];
    if (coder.bit(act.slot('expectedClock'), isExpected ? 1 : 0) === 1) return expected;
    const own = this.#own(coder.probabilities);
    const ms = checkNumber(at + codeInt(coder, own + OWN.clockLead, (fields?.clockMs ?? 0) - at));
    if (ms < 0) throw new MalformedBytes('no such time');
    return [ms, limited(codeUint(coder, own + OWN.clockCount, fields?.clockCount ?? 0))];
  }

  /** Both clocks of the machine move together but for rounding and drift. */
  #codeMonotonic(coder: Coder, act: Act, at: number, fields: HeaderFields | null): number {
    const expected = Number.isNaN(this.#monotonic) ? 0 : this.#monotonic + at - this.#at;
    const drift = codeInt(coder, act.slot('drift') + (this.#drift + 1) * UINT_SLOTS, (fields?.monotonic ?? 0) - expected);
    const monotonic = checkNumber(expected + drift);
    if (monotonic < 0) throw new MalformedBytes('no such time');
    this.#drift = Math.sign(drift);
    return monotonic;
  }

  #codeParents({ coder, records, budget }: Circumstances, act: Act, fields: HeaderFields | null): readonly string[] {
    const count = codeSymbol(coder, act.slot('parents'), fields?.parents.length ?? 0);
    if (count === 0) return [];
    if (count > PARENTS_MAX) throw new MalformedBytes('too many parents');
    const parents: string[] = [];
    for (let index = 0; index < count; index += 1) {
      budget.value();
      const { segment, sequence } = this.#parents.code(coder, records.segments, fields === null ? null : splitEntry(fields.parents[index] ?? ''));
      parents.push(`${segment}.${sequence}`);
    }
    return parents;
  }

  #numberOf(patient: string | null): number {
    if (patient === null) return 0;
    const known = this.#patientNumbers.get(patient);
    if (known !== undefined) return known;
    this.#patientNumbers.set(patient, this.#patientNumbers.size + 1);
    return this.#patientNumbers.size;
  }
}

const OWN = { form: 0, act: 8, isKnown: 8 + SYMBOL_SLOTS, known: 9 + SYMBOL_SLOTS, number: 9 + SYMBOL_SLOTS + UINT_SLOTS, session: 9 + SYMBOL_SLOTS + 2 * UINT_SLOTS, offset: 9 + SYMBOL_SLOTS + 3 * UINT_SLOTS, clockLead: 9 + SYMBOL_SLOTS + 4 * UINT_SLOTS, clockCount: 9 + SYMBOL_SLOTS + 5 * UINT_SLOTS } as const;
const OWN_SLOTS = OWN.clockCount + UINT_SLOTS;

/** When the entry was written that made the record, if it came before in this content. */
function originOf({ times }: Circumstances, record: string | null): number | null {
  const made = record === null ? null : madeBy(record);
  const run = made === null ? undefined : times.get(made.segment);
  return made === null || run === undefined ? null : (run.at[made.sequence - run.from] ?? null);
}

function noteTime({ times, records: { segments } }: Circumstances, at: number): void {
  const run = times.get(segments.segment);
  if (run !== undefined) run.at[segments.sequence - run.from] = at;
}

function limited(value: number): number {
  if (value >= NUMBER_LIMIT) throw new MalformedBytes('number beyond its limit');
  return value;
}
