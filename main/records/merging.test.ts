import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { apart } from '../../build/fixtures/apart.ts';
import { oracle, SAFETY_FIELDS, type OracleField, type OracleSet } from '../../build/fixtures/merge-oracle.ts';
import type { TestLedger } from '../../build/fixtures/test-ledger.ts';
import type { EntryId, RecordId } from '../../shared/base/ids.ts';
import { liveHeads } from '../ledger/ledger.ts';

const STATIONS = 3;
type Step = { readonly at: number; readonly tell: number | null; readonly field: number; readonly value: number; readonly minutes: number };

const steps = fc.array(
  fc.record({ at: fc.nat({ max: STATIONS - 1 }), tell: fc.option(fc.nat({ max: STATIONS - 1 }), { freq: 3 }), field: fc.nat({ max: 9 }), value: fc.nat({ max: 20 }), minutes: fc.integer({ min: -600, max: 600 }) }),
  { minLength: 4, maxLength: 18 },
);

it('MRG-1 whatever workstations write and hear in whatever order, by whatever clocks, each shows of every safety field what the oracle says', () => {
  fc.assert(
    fc.property(steps, (drawn: readonly Step[]) => {
      const world = apart('One', 'Two', 'Three');
      try {
        const [first] = world.stations as [TestLedger];
        const encounter = world.chart(first, 'encounter', (patient) => ({ patient, class: 'AMB', at: 1 }));
        const records: Readonly<Record<string, RecordId>> = {
          Patient: world.patient,
          MedicationRequest: world.chart(first, 'medication', (patient) => ({ patient, encounter, medication: { text: 'Warfarin' }, dose: '1 mg', frequency: 'daily', at: 1 })),
          AllergyIntolerance: world.chart(first, 'allergy', (patient) => ({ patient, substance: { text: 'Penicillin' }, category: 'medication', criticality: 'low', at: 1 })),
          Condition: world.chart(first, 'problem', (patient) => ({ patient, problem: { text: 'Epilepsy' }, at: 1 })),
        };
        world.meet();
        const fields = SAFETY_FIELDS.filter(({ type }) => type in records);
        /** What each workstation has written or heard, by field. */
        const known = world.stations.map(() => new Map<OracleField, Map<string, OracleSet>>());
        const knownAt = (station: number, field: OracleField) => known[station]!.get(field) ?? new Map<string, OracleSet>();
        for (const { at, tell, field: drawnField, value, minutes } of drawn) {
          const station = world.stations[at]!;
          if (tell !== null) {
            if (tell !== at) world.tell(station, world.stations[tell]!);
            for (const field of fields) known[tell]!.set(field, new Map([...knownAt(tell, field), ...knownAt(at, field)]));
            continue;
          }
          const field = fields[drawnField % fields.length]!;
          const texts = field.values.flatMap((each) => each.texts);
          const text = texts[value % texts.length]!;
          station.clock.set(station.clock.now() + minutes * 60_000);
          const before = knownAt(at, field);
          const live = oracle(field, [...before.values()]).live;
          const creation = liveHeads(station.ledger.read, records[field.type]!)!.creations[0]!.entry;
          const written = station.ledger.append(station.grant, [{ kind: 'amend', patient: world.patient, record: records[field.type]!, parents: [creation, ...(live as EntryId[])], body: { fields: { [field.element]: text }, reason: 'told so' } }]);
          if (!written.ok) throw new Error(written.fault.code);
          const { entry } = written.value[0]!;
          const [segment = '', sequence] = entry.split('.');
          const header = JSON.parse(String(station.ledger.read.get('SELECT header FROM ledger WHERE sequence = ? AND segment = (SELECT ref FROM segment WHERE id = ?)', Number(sequence), segment)?.['header'])) as { clock: [number, number] };
          known[at]!.set(field, new Map([...before, [entry, { id: entry, at: header.clock[0] * 1000 + header.clock[1], knew: live, text }]]));
        }
        for (const [index, station] of world.stations.entries()) {
          for (const field of fields) expectField(station, field, records[field.type]!, [...knownAt(index, field).values()]);
        }
      } finally {
        world.close();
      }
    }),
    { numRuns: 12 },
  );
});

function expectField(station: TestLedger, { type, element, ...field }: OracleField, record: RecordId, sets: readonly OracleSet[]): void {
  if (sets.length === 0) return;
  const said = oracle({ type, element, ...field }, sets);
  const shown = JSON.parse(String(station.ledger.read.get('SELECT resource FROM record WHERE id = ?', record)?.['resource'])) as Record<string, unknown>;
  const counts = sets.find(({ id }) => id === said.counts)!.text;
  const listed = station.ledger.read.get('SELECT severity, basis FROM conflict WHERE record = ? AND element = ?', record, element);
  expect({ field: field.name, shown: shown[element], conflict: listed }).toEqual({
    field: field.name,
    shown: counts === null ? undefined : JSON.parse(counts),
    conflict: said.conflict ? { severity: 'safety', basis: field.careful ? 'careful' : 'unsettled' } : undefined,
  });
}
