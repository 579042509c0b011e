import { toHex } from '../../shared/base/bytes.ts';
import { RecordId } from '../../shared/base/ids.ts';
import { ok, refuse, type Fault, type Result } from '../../shared/base/result.ts';
import { CHAIN_START } from '../../shared/ledger/entry.ts';
import type { DeviceStore, LocalFault, OwnSegment } from '../../shared/sync/device-core.ts';
import { encodeReceipt } from '../../shared/sync/envelope.ts';
import { allSegments, entriesOf, type Ledger } from '../ledger/ledger.ts';
import type { StoreFault } from '../store/store.ts';
import { readState, writeState } from './sync-state.ts';

/** The ledger and the vault's sync state as the protocol core sees them. */
export function createDeviceStore(ledger: Ledger): DeviceStore {
  const { read } = ledger;
  const own = (): OwnSegment[] => allSegments(read).filter((segment) => segment.own).map(({ id, length, acknowledged }) => ({ segment: id, length, acknowledged }));

  return {
    ownSegments: own,
    unacknowledged: () => own().filter(({ length, acknowledged }) => acknowledged < length),
    ownEntries(segment, from, maxEntries, maxBytes) {
      const previous = from === 0 ? CHAIN_START : entriesOf(read, segment, from - 1, 1, 0)[0]?.hash;
      if (previous === undefined) throw new Error('broken assumption: an own segment is held from its first entry on');
      return { previous, entries: entriesOf(read, segment, from, maxEntries, maxBytes), seed: null };
    },
    acknowledge(receipt) {
      const { segment, length, head } = receipt;
      const text = JSON.stringify({ receipt: toHex(encodeReceipt(receipt)), signature: toHex(receipt.signature) });
      const taken = ledger.acknowledge({ segment, length, head, text });
      if (taken.ok) return ok(null);
      const { code } = taken.fault;
      if (code === 'FORK' || code === 'NOT_FOUND') return refuse('FORK', { length });
      return localFault({ ...taken.fault, code });
    },
    cursor: () => readState(read, 'sync.cursor'),
    receive(entries, next) {
      const received = ledger.receive(entries, (write) => writeState(write, 'sync.cursor', next));
      if (received.ok) return ok({ ...received.value, patients: received.value.patients.map((id) => RecordId.parse(id)) });
      const { code, detail } = received.fault;
      if (code === 'GAP' || code === 'FORK' || code === 'BAD_HASH' || code === 'MALFORMED') return refuse(code, detail);
      return localFault({ ...received.fault, code });
    },
    rewind(cursor) {
      const kept = ledger.keep<null, never>((write) => {
        writeState(write, 'sync.cursor', cursor);
        return ok(null);
      });
      return kept.ok ? kept : localFault(kept.fault);
    },
  };
}

function localFault({ code, detail }: Fault<StoreFault>): Result<never, LocalFault> {
  return refuse(code === 'DISK_FULL' || code === 'READ_ONLY' ? code : 'INTERNAL', { ...detail, store: code });
}
