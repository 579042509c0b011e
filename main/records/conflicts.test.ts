import { describe, expect, it } from 'vitest';
import { openTestLedger, type TestLedger } from '../../build/fixtures/test-ledger.ts';
import { DeviceId, recordIdOf, type EntryId, type RecordId } from '../../shared/base/ids.ts';
import { entriesOf } from '../ledger/ledger.ts';
import { amend } from './charting.ts';
import { contenders, coveredHeads, listConflicts } from './conflicts.ts';

function ship(from: TestLedger, to: TestLedger): void {
  for (const segment of from.ledger.read.all('SELECT id FROM segment WHERE own = 1')) {
    const received = to.ledger.receive(entriesOf(from.ledger.read, segment['id'] as never, 0, 10_000, 1e9), () => undefined);
    if (!received.ok) throw new Error(received.fault.code);
  }
}

/** Three workstations set the criticality of one allergy while the line is down: high, low, low. */
function threeOpinions(): { stations: TestLedger[]; allergy: RecordId } {
  const stations = [1, 2, 3].map((n) => openTestLedger({ device: DeviceId.parse(`00000000000000d${n}`), name: `Station ${n}` }));
  const first = stations[0]!;
  const made = first.ledger.append(first.grant, [{ kind: 'patient.register', patient: 'made', body: { demographics: { family: 'Okafor', given: 'C', sex: 'female' }, number: 'K' } }]);
  const patient = recordIdOf(made.ok ? made.value[0]!.entry : ('' as EntryId));
  const written = first.ledger.append(first.grant, [{ kind: 'allergy', patient, body: { patient, substance: { text: 'Penicillin' }, category: 'medication', criticality: 'unable-to-assess', at: 1 } }]);
  const allergy = recordIdOf(written.ok ? written.value[0]!.entry : ('' as EntryId));
  for (const other of stations.slice(1)) ship(first, other);
  for (const [index, value] of ['"high"', '"low"', '"low"'].entries()) {
    const station = stations[index]!;
    station.clock.advance(1000 * (index + 1));
    const set = amend(station.ledger, station.grant, { record: allergy, patient, fields: { criticality: value }, reason: 'what I was told', seen: null });
    expect(set.ok).toBe(true);
  }
  for (const from of stations) for (const to of stations) if (from !== to) ship(from, to);
  return { stations, allergy };
}

describe('conflicts', () => {
  it('REC-1 every different value is listed with its author, and the most careful one counts meanwhile', () => {
    const { stations, allergy } = threeOpinions();
    for (const station of stations) {
      const [conflict, ...others] = listConflicts(station.ledger.read, null);
      expect(others).toEqual([]);
      expect(conflict).toMatchObject({ record: allergy, field: 'criticality', severity: 'safety', patientName: 'Okafor, C' });
      expect(conflict!.values.map(({ text, used }) => [text, used]).toSorted()).toEqual([['high', true], ['low', false]]);
      expect(conflict!.values[0]!.by.deviceName).toMatch(/^Station [123]$/);
      expect(JSON.parse(String(station.ledger.read.get('SELECT resource FROM record WHERE id = ?', allergy)?.['resource']))).toMatchObject({ criticality: 'high' });
      station.close();
    }
  });

  it('REC-2 deciding needs every value seen, one entry of each is enough, and ends the conflict everywhere', () => {
    const { stations, allergy } = threeOpinions();
    const [first, second, third] = stations as [TestLedger, TestLedger, TestLedger];
    const { read } = second.ledger;
    const seen = listConflicts(read, null)[0]!.values.map(({ by }) => by.entry);
    expect(contenders(read, allergy, 'criticality')).toHaveLength(3);
    expect(coveredHeads(read, allergy, 'criticality', seen)).toHaveLength(3);
    const decide = (entries: readonly EntryId[]) => amend(second.ledger, second.grant, { record: allergy, patient: null, fields: { criticality: '"low"' }, reason: 'asked the mother', seen: coveredHeads(read, allergy, 'criticality', entries) });
    expect(decide(seen.slice(0, 1))).toMatchObject({ ok: false, fault: { code: 'CHANGED_MEANWHILE' } });
    expect(decide(seen).ok).toBe(true);
    ship(second, first);
    ship(second, third);
    for (const station of stations) {
      expect(listConflicts(station.ledger.read, null)).toEqual([]);
      station.close();
    }
  });
});
