import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { allSegments, type Grant } from '../ledger/ledger.ts';
import type { StoreFault } from '../store/store.ts';
import { enrolDevice, type EnrolFault } from './enrol.ts';
import { readState, writeState } from './sync-state.ts';
import type { SyncWorld } from './sync.ts';

/**
 * Joins the organisation whose code this is, and keeps that in one transaction with its entry. Again only where the
 * organisation revoked this workstation, and only the same one: what it closed, another does not open.
 */
export async function join({ ledger, keys, network, log, orders }: SyncWorld, grant: Grant, code: string, closed: () => boolean): Promise<Result<{ readonly organization: string }, EnrolFault | 'ALREADY_ENROLLED' | StoreFault>> {
  const before = readState(ledger.read, 'sync.membership');
  if (before !== null && orders?.closed() !== 'revoked') return refuse('ALREADY_ENROLLED');
  const deviceName = allSegments(ledger.read).findLast((segment) => segment.own)?.deviceName ?? keys.deviceId;
  const enrolled = await enrolDevice(network, keys, deviceName, code);
  if (!enrolled.ok) return enrolled;
  if (closed()) return refuse('OFFLINE', { cause: 'locked meanwhile' });
  const { membership, orders: from } = enrolled.value;
  if (before !== null && membership.organization !== before.organization) return refuse('ENROLMENT_REFUSED', { rule: 'another organization' });
  const kept = ledger.transact<null, never>(grant, (tx) => {
    const { organizationName, host, port, authority } = membership;
    writeState(tx.write, 'sync.membership', membership);
    tx.append({ kind: 'device.enrolled', body: { organization: organizationName, address: `${host}:${port}`, authority } });
    return ok(null);
  });
  if (!kept.ok) return kept;
  orders?.enrolled(membership.organization, from);
  log.info('sync.enrolled', { device: keys.deviceId });
  return ok({ organization: membership.organizationName });
}
