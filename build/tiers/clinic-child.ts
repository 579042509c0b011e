import type { z } from 'zod';
import { RecordId, type EntryId } from '../../shared/base/ids.ts';
import { NEIGHBOUR_ALPN } from '../../shared/sync/limits.ts';
import { verifyLedger } from '../../main/audit/verify.ts';
import { allSegments, compareProjection, mintGrant, outboxSize, projectionDigest, type Draft, type Ledger } from '../../main/ledger/ledger.ts';
import { nodeNetwork, type Network } from '../../main/sync/sync.ts';
import { testClinic, type TestClinic } from '../fixtures/test-clinic.ts';
import { ClinicRequest, type Charted, type Judged, type Place, type Provisioned, type SetUp, type State } from './clinic-messages.ts';

/** A workstation as it ships in a process of its own, to be killed at any moment. Asked over the channel to its parent. */
const TICK_MS = 100;
const SLICE_ENTRIES = 1000;
const HERE = '127.0.0.1';
const STOCK_AT_ONCE = 200;
const STOCK_FROM_MS = Date.UTC(2026, 0, 1);
const [path = '', ahead = '0'] = process.argv.slice(2);
const line: { port: number | null } = { port: null };
type Connection = Extract<Awaited<ReturnType<Network['dial']>>, { readonly ok: true }>['value'];
/** Connections to central, which end when the line leads elsewhere. */
const standing = new Set<Connection>();

const clinic: TestClinic = await testClinic({
  path, ahead: Number(ahead),
  network: {
    ...nodeNetwork,
    // What is cut or led elsewhere is the outside line: neighbours are reached all the same.
    async dial(dial) {
      if (dial.protocols.includes(NEIGHBOUR_ALPN)) return nodeNetwork.dial(dial);
      if (line.port === null) return { ok: false, fault: { code: 'OFFLINE', detail: { cause: 'cut' } } };
      const dialed = await nodeNetwork.dial({ ...dial, port: line.port });
      if (dialed.ok) standing.add(dialed.value);
      return dialed;
    },
  },
});

const ledger = (): Ledger => clinic.engine.workstation.required().ledger;

async function setUp(code: string, neighbours: readonly Place[]): Promise<z.infer<typeof SetUp>> {
  const administrator = await clinic.setUp();
  await clinic.done('sync.enrol', { code });
  const { id: device, answering } = await clinic.done('neighbours.answer', { listen: { host: HERE, port: 0 } });
  await clinic.done('neighbours.set', { neighbours: [...neighbours] });
  const person = await clinic.addStaff('nina', 'Nina Nurse', 'nurse');
  await clinic.done('session.lock', {});
  await signIn(person);
  return { person, administrator, place: { device, host: HERE, port: Number(answering?.address.split(':').at(-1)) } };
}

async function provision({ administrator, person, folder }: Extract<ClinicRequest, { do: 'provision' }>): Promise<z.infer<typeof Provisioned>> {
  await clinic.done('session.lock', {});
  await signIn(administrator);
  const taken = await clinic.call('sync.provision', { path: folder });
  await clinic.done('session.lock', {});
  await signIn(person);
  return taken.ok ? taken.value.done : null;
}

/** As many entries as a clinic has after some months. */
async function stock(entries: number): Promise<z.infer<typeof Charted>> {
  const made = await clinic.done('patients.register', { demographics: { family: 'Stock', given: 'Made', sex: 'female', birthDate: '1985-07-14' }, notDuplicate: true });
  const grant = mintGrant({ decision: 'tier/0', purpose: 'TREAT', session: null, patient: null });
  for (let left = entries; left > 0; left -= STOCK_AT_ONCE) {
    const drafts = Array.from({ length: Math.min(left, STOCK_AT_ONCE) }, (_, index): Draft => ({ kind: 'encounter', patient: made.patient, body: { patient: made.patient, class: 'AMB', at: STOCK_FROM_MS + left - index, reason: `visit ${left - index}` } }));
    const written = ledger().append(grant, drafts);
    if (!written.ok) throw new Error(written.fault.code);
  }
  return { entries: [made.entry] };
}

async function signIn(person: Parameters<TestClinic['signIn']>[0]): Promise<null> {
  const signedIn = await clinic.signIn(person);
  if (!signedIn.ok) throw new Error(`not signed in: ${signedIn.fault.code}`);
  return null;
}

/** What a nurse does; the entries are those the engine has acknowledged to its user. */
async function chart(pick: number): Promise<z.infer<typeof Charted>> {
  const entries: EntryId[] = [];
  const at = Math.floor(clinic.clock.now());
  const patients = ledger().read.all('SELECT record FROM patient ORDER BY record').map((row) => RecordId.parse(row['record']));
  const patient = patients[pick % Math.max(1, patients.length)];
  if (patient === undefined || pick % 5 === 0) {
    const made = await clinic.done('patients.register', { demographics: { family: `Family${pick}`, given: 'Made', sex: 'female', birthDate: '1985-07-14' }, notDuplicate: true });
    return { entries: [made.entry] };
  }
  await clinic.done('chart.open', { patient });
  if (pick % 5 === 1) {
    const amended = await clinic.done('patients.amend', { patient, demographics: { phone: `555-${String(pick % 10_000).padStart(4, '0')}` } });
    return { entries: [amended.entry] };
  }
  const visit = await clinic.done('encounter.start', { patient, class: 'AMB', at });
  entries.push(visit.entry);
  const inVisit = { patient, encounter: visit.record, at };
  const more = pick % 5 === 2 ? clinic.done('vitals.record', { ...inVisit, values: { systolic: 90 + (pick % 90), diastolic: 80 } })
    : pick % 5 === 3 ? clinic.done('allergy.record', { ...inVisit, substance: { text: `Substance ${pick % 9}` }, category: 'food', criticality: 'low' })
    : clinic.done('note.sign', { ...inVisit, soap: { subjective: `Said ${pick}. `.repeat(1 + (pick % 40)), objective: '', assessment: '', plan: '' } });
  entries.push((await more).entry);
  return { entries };
}

async function state(): Promise<State> {
  const { read } = ledger();
  const [{ loading }, { answering, neighbours }] = [await clinic.done('sync.status', {}), await clinic.done('neighbours.status', {})];
  return {
    unsent: outboxSize(read).count,
    entries: allSegments(read).reduce((sum, { length }) => sum + length, 0),
    patients: read.all('SELECT record FROM patient ORDER BY record').map((row) => RecordId.parse(row['record'])),
    loading: loading !== null,
    neighbours: (answering?.connections ?? 0) + neighbours.filter((each) => each.state === 'connected').length,
  };
}

/** Which of them this workstation lacks. */
function lacking(entries: readonly EntryId[]): readonly EntryId[] {
  const lengths = new Map(allSegments(ledger().read).map(({ id, length }) => [String(id), length]));
  return entries.filter((entry) => (lengths.get(entry.slice(0, entry.indexOf('.'))) ?? 0) <= Number(entry.slice(entry.indexOf('.') + 1)));
}

function judge(acknowledged: readonly EntryId[]): Judged {
  const { read } = ledger();
  const problems = [
    ...lacking(acknowledged).map((entry) => `lacks ${entry}, which its author was told is written`),
    ...last(compareProjection(read, SLICE_ENTRIES)).map(({ table, where }) => `${table} ${where} is not what its entries make`),
    ...last(verifyLedger(read, null)).problems.map((problem) => JSON.stringify(problem)),
  ];
  return { digest: projectionDigest(read), problems };
}

function last<Value>(steps: Generator<unknown, Value>): Value {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

async function answer(request: ClinicRequest): Promise<unknown> {
  switch (request.do) {
    case 'set-up': return setUp(request.code, request.neighbours);
    case 'stock': return stock(request.entries);
    case 'provision': return provision(request);
    case 'holds': return lacking(request.entries).length === 0;
    case 'sign-in': return signIn(request.person);
    case 'line':
      if (line.port === request.port) return null;
      line.port = request.port;
      for (const connection of standing) connection.abandon();
      standing.clear();
      return null;
    case 'chart': return chart(request.pick);
    case 'state': return state();
    case 'judge': return judge(request.acknowledged);
  }
}

let ticking = false;
setInterval(() => {
  if (ticking) return;
  ticking = true;
  void clinic.engine.tick().finally(() => {
    ticking = false;
  });
}, TICK_MS);

process.on('message', (message) => {
  const say = (value: unknown, error: string | null): void => void process.send?.({ ahead: clinic.clock.ahead, value, error });
  answer(ClinicRequest.parse(message)).then((value) => say(value, null), (error: unknown) => say(null, error instanceof Error ? error.message : String(error)));
});
// Without its parent it has nobody to work for.
process.on('disconnect', () => process.exit(0));
process.send?.({ ahead: clinic.clock.ahead, value: 'ready', error: null });
