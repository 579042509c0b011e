import { refuse } from '../../shared/base/result.ts';
import type { LightView } from '../../shared/ipc/rows-system.ts';
import { provisionFrom } from './provision.ts';
import type { SnapshotReader } from './snapshot-reader.ts';
import { createSnapshotTaking, type SnapshotTaking, type SnapshotTakingWorld } from './snapshot-taking.ts';
import type { Syncing } from './syncing.ts';

/** A workstation that is filled from files, by the command line or by the window: one at a time, with central's line at rest. */
export type Filling = Pick<Syncing, 'provision'> & {
  readonly snapshot: SnapshotTaking;
  /** Central is not spoken to meanwhile: both would fill it, each in its own order. */
  active(): boolean;
  /** What the light says of it, with what is known from the files. */
  loading(shown: LightView['loading']): LightView['loading'];
};

export type FillingWorld = Pick<SnapshotTakingWorld, 'ledger' | 'clock' | 'closed' | 'systemGrant'> & {
  /** Null while this workstation belongs to no organisation. */
  readonly reader: () => SnapshotReader | null;
  readonly stopLine: () => Promise<void>;
  readonly onChange: () => void;
  /** The line may be dialled again. */
  readonly onEnd: () => void;
};

export function createFilling(world: FillingWorld): Filling {
  const { ledger, reader: newReader, closed, onChange } = world;
  let active = false;
  const begin = async (): Promise<void> => {
    active = true;
    await world.stopLine();
  };
  const end = (): void => {
    active = false;
    world.onEnd();
  };
  const snapshot = createSnapshotTaking({ ledger, clock: world.clock, closed, systemGrant: world.systemGrant, reader: newReader, busy: () => active, onBegin: begin, onChange, onEnd: end });
  return {
    snapshot,
    active: () => active,
    loading(shown) {
      const taken = snapshot.progress();
      if (taken === null || taken.entries === null) return shown;
      return taken.whole ? null : { done: taken.entries.passed, total: taken.entries.total };
    },
    async provision(grant, folder, yieldNow) {
      if (active) return refuse('BUSY');
      const reader = newReader();
      if (reader === null) return refuse('NOT_ENROLLED');
      await begin();
      try {
        const outcome = await provisionFrom({
          folder, reader,
          async onPage() {
            onChange();
            await yieldNow();
            return !closed();
          },
        });
        if (closed()) return refuse('LOCKED');
        const body = { sent: 0, received: outcome.ok ? outcome.value.applied : 0, bytesSent: 0, bytesReceived: 0 };
        const written = ledger.append(grant, [outcome.ok ? { kind: 'sync.done', body } : { kind: 'sync.refused', body: { code: outcome.fault.code, what: 'snapshot' } }]);
        return outcome.ok && !written.ok ? written : outcome;
      } finally {
        end();
      }
    },
  };
}
