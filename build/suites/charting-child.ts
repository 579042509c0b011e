import { writeSync } from 'node:fs';
import { recordIdOf, type RecordId } from '../../shared/base/ids.ts';
import { ok } from '../../shared/base/result.ts';
import { openTestLedger } from '../fixtures/test-ledger.ts';

/** Charts without pause until it is killed, and says each entry's id once the engine has acknowledged it. */
const [folder = '', seedText = '0'] = process.argv.slice(2);
const test = openTestLedger({ folder });
let state = Number(seedText) >>> 0;
const random = (below: number): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state % below;
};

const say = (line: string): void => void writeSync(1, `${line}\n`);
const at = (): number => test.clock.now();
let patient: RecordId | undefined;
let encounter: RecordId | undefined;
say('ready');
for (let turn = 0; ; turn += 1) {
  test.clock.advance(1000);
  const choice = patient === undefined || encounter === undefined ? 0 : random(6);
  if (patient === undefined || encounter === undefined || choice === 0) {
    const written = test.ledger.transact(test.grant, (tx) => {
      const made = tx.append({ kind: 'patient.register', patient: 'made', body: { demographics: { family: `Kill${turn}`, given: 'Test', sex: 'female', birthDate: '1990' }, number: `K-${turn}` } });
      const visit = tx.append({ kind: 'encounter', patient: recordIdOf(made.entry), body: { patient: recordIdOf(made.entry), class: 'AMB', at: at() } });
      return ok([made.entry, visit.entry] as const);
    });
    if (!written.ok) throw new Error(written.fault.code);
    patient = recordIdOf(written.value[0]);
    encounter = recordIdOf(written.value[1]);
    for (const entry of written.value) say(`${entry} 1`);
    continue;
  }
  const drafts = [
    { kind: 'vitals' as const, patient, body: { patient, encounter, values: { systolic: 120 + random(40), diastolic: 80, heartRate: 60 + random(60), weight: 60 }, at: at() } },
    { kind: 'allergy' as const, patient, body: { patient, substance: { text: `substance ${turn}` }, category: 'food', criticality: 'low', at: at() } },
    { kind: 'note' as const, patient, body: { patient, encounter, soap: { subjective: 'x'.repeat(random(3000) + 1), objective: '', assessment: '', plan: '' }, at: at() } },
    { kind: 'amend' as const, patient, record: encounter, body: { fields: { reasonCode: `[{"text":"reason ${turn}"}]` }, reason: 'told so' } },
    { kind: 'chart.viewed' as const, patient, body: { what: 'chart.open' } },
  ];
  const draft = drafts[choice - 1];
  if (draft === undefined) continue;
  const written = test.ledger.append(test.grant, [draft]);
  if (!written.ok) throw new Error(written.fault.code);
  const records = { vitals: 3, allergy: 1, note: 1, amend: 0, 'chart.viewed': 0 }[draft.kind];
  for (const { entry } of written.value) say(`${entry} ${records}`);
}
