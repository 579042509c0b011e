import type { Taken } from '../shared/orders/messages.ts';
import type { Workstation } from './ipc/ipc.ts';
import type { Log } from './log/log.ts';

/**
 * Carries out a kill order: the vault dies first, then central is told, then the session ends and the files go. Whatever
 * cuts it short after the first step is finished at the next start (main/vault/erasure.ts).
 */
export type Eraser = {
  erase(): Promise<void>;
  /** A kill order that waits for the outbox may be due by now. */
  eraseIfDue(): Promise<void>;
};

export function createEraser({ workstation, log, tell }: { readonly workstation: Workstation; readonly log: Log; readonly tell: (taken: Taken) => Promise<void> }): Eraser {
  const { vault, auth } = workstation.world;
  let erasing = false;

  const erase = async (): Promise<void> => {
    const opened = workstation.opened();
    if (opened === null || erasing) return;
    erasing = true;
    try {
      const erased = await opened.orders.erase();
      if (!erased.ok) {
        // A disk that takes nothing now is asked again at the next tick; nothing is worked with meanwhile.
        log.warn('orders.erase-failed', { fault: erased.fault.code });
        return;
      }
      log.warn('orders.erased');
      if (erased.value !== null) await tell(erased.value);
      await auth.lock('erased');
      await vault.finishErasure();
      workstation.emit('status.changed', {});
    } finally {
      erasing = false;
    }
  };

  return {
    erase,
    async eraseIfDue() {
      if (workstation.opened()?.orders.eraseDue() === true) await erase();
    },
  };
}
