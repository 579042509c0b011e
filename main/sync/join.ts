import { X509Certificate } from 'node:crypto';
import { equalBytes } from '../../shared/base/bytes.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { readEnrolmentCode } from '../../shared/sync/enrolment-code.ts';
import { allSegments, sha256, type Grant } from '../ledger/ledger.ts';
import type { StoreFault } from '../store/store.ts';
import { keepNumberPrefix, numberPrefixOf } from '../records/records.ts';
import { enrolDevice, type EnrolFault } from './enrol.ts';
import { readState, writeState } from './sync-state.ts';
import type { SyncWorld } from './sync.ts';

/**
 * Joins the organisation whose code this is, and keeps that in one transaction with its entry. Again only the same one,
 * by a code of the authority that is pinned, which another cannot have: where it revoked this workstation, or was
 * restored to a day before it knew of it.
 */
export async function join({ ledger, keys, network, log, orders }: SyncWorld, grant: Grant, code: string, closed: () => boolean): Promise<Result<{ readonly organization: string }, EnrolFault | 'ALREADY_ENROLLED' | StoreFault>> {
  const before = readState(ledger.read, 'sync.membership');
  if (before !== null && orders?.closed() !== 'revoked' && !isOfAuthority(code, before.authority)) return refuse('ALREADY_ENROLLED');
  const deviceName = allSegments(ledger.read).findLast((segment) => segment.own)?.deviceName ?? keys.deviceId;
  const enrolled = await enrolDevice(network, keys, deviceName, numberPrefixOf(ledger.read, keys.deviceId), code);
  if (!enrolled.ok) return enrolled;
  if (closed()) return refuse('OFFLINE', { cause: 'locked meanwhile' });
  const { membership, orders: from, numberPrefix } = enrolled.value;
  if (before !== null && membership.organization !== before.organization) return refuse('ENROLMENT_REFUSED', { rule: 'another organization' });
  const kept = ledger.transact<null, never>(grant, (tx) => {
    const { organizationName, host, port, authority } = membership;
    writeState(tx.write, 'sync.membership', membership);
    if (numberPrefix !== null) keepNumberPrefix(tx.write, numberPrefix);
    tx.append({ kind: 'device.enrolled', body: { organization: organizationName, address: `${host}:${port}`, authority } });
    return ok(null);
  });
  if (!kept.ok) return kept;
  orders?.enrolled(membership.organization, from);
  log.info('sync.enrolled', { device: keys.deviceId });
  return ok({ organization: membership.organizationName });
}

function isOfAuthority(codeText: string, authority: string): boolean {
  const code = readEnrolmentCode(sha256, codeText);
  return code.ok && equalBytes(code.value.authorityFingerprint, sha256(new X509Certificate(authority).raw));
}
