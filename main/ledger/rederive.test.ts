import { expect, it } from 'vitest';
import { openTestLedger } from '../../build/fixtures/test-ledger.ts';
import { DeviceId, recordIdOf, type EntryId, type SegmentId } from '../../shared/base/ids.ts';
import { ok } from '../../shared/base/result.ts';
import { compareProjection, entriesOf } from './ledger.ts';

it('LED-30 a vault folded by older rules of merging is folded anew when it is opened, and equals its ledger again', () => {
  const here = openTestLedger();
  const there = openTestLedger({ device: DeviceId.parse('00000000000000d2') });
  const made = here.ledger.append(here.grant, [{ kind: 'patient.register', patient: 'made', body: { demographics: { family: 'Obi', given: 'A', sex: 'female' }, number: 'K' } }]);
  const patient = recordIdOf(made.ok ? made.value[0]!.entry : ('' as EntryId));
  const ship = (from: typeof here, to: typeof here) => from.ledger.read.all('SELECT id FROM segment WHERE own = 1').forEach(({ id }) => to.ledger.receive(entriesOf(from.ledger.read, id as SegmentId, 0, 1000, 1e9), () => undefined));
  ship(here, there);
  for (const [station, sex] of [[here, '"male"'], [there, '"other"']] as const) {
    station.clock.advance(1000);
    station.ledger.append(station.grant, [{ kind: 'amend', patient, record: patient, parents: [made.ok ? made.value[0]!.entry : ('' as EntryId)], body: { fields: { gender: sex }, reason: 'told so' } }]);
  }
  ship(there, here);
  const conflict = () => here.store.read.get('SELECT element, severity, basis, since FROM conflict');
  const folded = conflict();
  expect(folded).toMatchObject({ element: 'gender', severity: 'safety', basis: 'unsettled', since: expect.any(Number) });
  here.store.transact((write) => {
    write.run("UPDATE conflict SET since = 0, basis = 'newest'");
    write.run("DELETE FROM local_state WHERE key = 'ledger.merge-rules'");
    return ok(null);
  });
  const reopened = here.reopen();
  expect(reopened.store.read.get('SELECT element, severity, basis, since FROM conflict')).toEqual(folded);
  const comparison = compareProjection(reopened.store.read, 1000);
  let step = comparison.next();
  while (step.done !== true) step = comparison.next();
  expect(step.value).toEqual([]);
  reopened.close();
  there.close();
});
