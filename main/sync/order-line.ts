import { toHex } from '../../shared/base/bytes.ts';
import { SegmentId, type DeviceId } from '../../shared/base/ids.ts';
import type { Clock } from '../../shared/base/world.ts';
import { headsMessage, headsOf, type SegmentHead } from '../../shared/orders/heads.ts';
import { HEADS_LIST_MAX, type OrderMessage, type Taken } from '../../shared/orders/messages.ts';
import type { OrganizationId } from '../../shared/sync/envelope.ts';
import { sha256 } from '../ledger/ledger.ts';
import type { Consequence, Orders } from '../orders/orders.ts';
import type { ReadHandle } from '../store/store.ts';
import type { Network } from './network.ts';

/** Central is told of an order before it ends the session that heard it, if the line takes the word within this. */
const LAST_WORD_MAX_MS = 2000;

/** The organisation's orders in one conversation: what comes is followed, what is followed is told. */
export type OrderLine = {
  message(message: OrderMessage): Promise<void>;
  /** Everything is sent: central may sign what it holds. */
  settled(): void;
  /** Resolves once the word is on the line, or the line does not take it. */
  tell(taken: Taken): Promise<void>;
};

export type OrderLineParts = {
  readonly orders: Orders;
  readonly read: ReadHandle;
  readonly organization: OrganizationId;
  readonly device: DeviceId;
  readonly sign: (message: Uint8Array) => Uint8Array;
  readonly clock: Clock;
  readonly network: Pick<Network, 'after'>;
  /** Central's clock, epoch milliseconds; null before it has told it in this conversation. */
  readonly hubNow: () => number | null;
  readonly send: (message: OrderMessage) => void;
  readonly drained: () => Promise<void>;
  readonly localChange: () => void;
  readonly carryOut: (consequence: Consequence) => void;
  readonly contradicted: (segment: SegmentId) => void;
};

export function createOrderLine(parts: OrderLineParts): OrderLine {
  const { orders, organization, device, send } = parts;
  /** Whether this central knows of orders; one that does not would not know what to do with heads. */
  let speaks = false;
  let stated = '';

  const flushed = (): Promise<void> =>
    new Promise((resolve) => {
      const callOff = parts.network.after(LAST_WORD_MAX_MS, resolve);
      void parts.drained().then(() => {
        callOff();
        resolve();
      });
    });

  const follow = async (message: Extract<OrderMessage, { type: 'order' }>): Promise<void> => {
    speaks = true;
    const { taken, consequence } = await orders.take(message.order, parts.hubNow());
    if (taken !== null) send({ type: 'order-taken', taken });
    // The entry it left goes out behind the word about it.
    parts.localChange();
    if (consequence === 'none') return;
    await flushed();
    parts.carryOut(consequence);
  };

  const list = (): void => {
    const heads = commonHeads(parts.read);
    for (let from = 0; from === 0 || from < heads.length; from += HEADS_LIST_MAX) send({ type: 'heads-list', heads: heads.slice(from, from + HEADS_LIST_MAX), last: from + HEADS_LIST_MAX >= heads.length });
  };

  return {
    async message(message) {
      switch (message.type) {
        case 'order': return follow(message);
        case 'order-wanted': {
          const order = orders.show(message.kind);
          if (order !== null) send({ type: 'order', order });
          return;
        }
        case 'heads-differ': return list();
        case 'contradicted':
          orders.contradicted(message.segment, message.length);
          return parts.contradicted(message.segment);
        default: return;
      }
    },
    settled() {
      if (!speaks || orders.closed() === 'erasing') return;
      const heads = headsOf(sha256, commonHeads(parts.read));
      const digest = toHex(heads.digest);
      // What central has signed already, and what it was told in this conversation, it need not hear again.
      if (digest === stated || digest === orders.cosignedDigest()) return;
      stated = digest;
      const said = { ...heads, at: Math.max(0, Math.floor(parts.clock.now())) };
      send({ type: 'heads', heads: said, signature: parts.sign(headsMessage(organization, device, said)) });
    },
    async tell(taken) {
      send({ type: 'order-taken', taken });
      await flushed();
    },
  };
}

/** Own segments as far as receipts cover them, with the chain hash there. */
function commonHeads(read: ReadHandle): readonly SegmentHead[] {
  const rows = read.all('SELECT segment.id, segment.acknowledged, ledger.hash FROM segment JOIN ledger ON ledger.segment = segment.ref AND ledger.sequence = segment.acknowledged - 1 WHERE segment.own = 1');
  return rows.flatMap((row) => (row['hash'] instanceof Uint8Array ? [{ segment: SegmentId.parse(row['id']), length: Number(row['acknowledged']), head: row['hash'] }] : []));
}
