import type { DeviceId } from '../../shared/base/ids.ts';
import type { Random } from '../../shared/base/world.ts';
import { isOrderKind, ORDER_KINDS, type OrderKind } from '../../shared/orders/contents.ts';
import type { HubOrders, Orderly } from '../../shared/orders/hub-orders.ts';
import type { HelloOrders, OrderMessage, Taken } from '../../shared/orders/messages.ts';
import { ed25519PublicKey } from '../hub/cipher.ts';
import { deviceOf, markRevoked } from '../store/devices.ts';
import { noteEvent } from '../store/events.ts';
import type { Sql, Writes } from '../store/sql.ts';
import { contradictions, cosign } from './common-heads.ts';
import { KILL_VALID_MS, refreshRoster } from './issue.ts';
import { leaseSettingOf } from './lease-setting.ts';
import { audienceOf, CENTRAL, issueOrder, keepOutcome, newestContent, newestOrder, outcomesOf, type IssuedOrder, type OrdersWorld } from './order-store.ts';
import { recoverOrder } from './recover.ts';

/** Orders of one conversation with one device. */
export type HandOutWorld = OrdersWorld & { readonly sql: Sql; readonly random: Random; /** Ed25519 seed of the organisation. */ readonly signing: Uint8Array };

const HOUR_MS = 3_600_000;
/** A lease counts from its contact; one that was held back on the way is none. */
const LEASE_VALID_MS = HOUR_MS;
/** On a line that stays up the lease is given anew so often. */
const LEASE_EVERY_MS = HOUR_MS;
const DAY_MS = 24 * HOUR_MS;
/** Refused for a reason that passes: it is handed out again. */
const PASSING_REFUSALS: ReadonlySet<string> = new Set(['DISK_FULL', 'READ_ONLY', 'VAULT_IN_USE', 'FROM_FUTURE', 'EXPIRED', 'NOT_ENROLLED']);
/** In this order: who may work here and by which rules, then for how long, then what ends it. */
const STANDING_KINDS = ['roster', 'policy', 'revocation', 'kill'] as const satisfies readonly OrderKind[];
/** All that a revoked device is told. */
const LAST_KINDS = ['revocation', 'kill'] as const satisfies readonly OrderKind[];

export function createHubOrders(world: HandOutWorld, device: DeviceId): HubOrders {
  const { sql, clock, cells } = world;
  /** What the device holds or was handed in this conversation. */
  const known = new Map<string, number>();
  /** Handed out, and not answered for good. */
  const unanswered = new Map<string, number>();
  let leaseAt = Number.NEGATIVE_INFINITY;
  let revoked = false;

  const orderOf = (issued: IssuedOrder): OrderMessage => {
    known.set(issued.kind, issued.version);
    if ((LAST_KINDS as readonly string[]).includes(issued.kind)) unanswered.set(issued.kind, issued.version);
    return { type: 'order', order: issued.signed };
  };

  /** A kill order that is about to lapse unread is signed anew. */
  const current = async (tx: Writes, kind: OrderKind): Promise<IssuedOrder | null> => {
    const newest = await newestOrder(tx, cells, kind, audienceOf(kind, device));
    if (newest === null || newest.expiresAt === null || newest.expiresAt - clock.now() > DAY_MS) return newest;
    const content = await newestContent(tx, cells, 'kill', device);
    return content === null ? newest : issueOrder(tx, world, { kind: 'kill', audience: device, content: () => content, validMs: KILL_VALID_MS, by: newest.issuedBy });
  };

  const standing = async (tx: Writes): Promise<OrderMessage[]> => {
    const messages: OrderMessage[] = [];
    const outcomes = new Map((await outcomesOf(tx, device)).map((outcome) => [outcome.kind, outcome]));
    for (const kind of revoked ? LAST_KINDS : STANDING_KINDS) {
      const newest = await current(tx, kind);
      if (newest === null || newest.version <= (known.get(kind) ?? 0)) continue;
      const outcome = outcomes.get(kind);
      const refusedForGood = outcome?.outcome === 'refused' && outcome.version === newest.version && !PASSING_REFUSALS.has(outcome.code ?? '');
      if (!refusedForGood) messages.push(orderOf(newest));
    }
    return messages;
  };

  const lease = async (tx: Writes): Promise<OrderMessage[]> => {
    if (revoked || clock.now() - leaseAt < LEASE_EVERY_MS) return [];
    leaseAt = clock.now();
    const setting = await leaseSettingOf(tx);
    return [orderOf(await issueOrder(tx, world, { kind: 'lease', audience: device, content: () => setting, validMs: LEASE_VALID_MS, by: CENTRAL, above: known.get('lease') ?? 0 }))];
  };

  const orderly = async (messages: readonly OrderMessage[]): Promise<Orderly> => {
    const kill = await newestContent(sql, cells, 'kill', device);
    return { messages, awaiting: unanswered.size > 0, pushOnly: kill !== null && kill.mode !== 'cancelled' };
  };

  const taken = async (word: Taken): Promise<void> => {
    await sql.write('orders', async (tx) => {
      await keepOutcome(tx, clock, device, word);
      const note = (code: string): Promise<void> => noteEvent(tx, clock, { device, code, what: `${word.kind} ${word.version}${word.code === null ? '' : ` ${word.code}`}` });
      if (word.outcome === 'refused') await note('ORDER_REFUSED');
      if (word.kind !== 'kill' || word.outcome === 'refused') return;
      await note(word.outcome === 'done' ? 'ERASED' : 'ERASING');
      // What is erased has nothing to say any more; whoever says it all the same is somebody else.
      if (word.outcome === 'done') await markRevoked(tx, clock, device, 'erased');
    });
    if (word.outcome !== 'begun' && unanswered.get(word.kind) === word.version) unanswered.delete(word.kind);
  };

  const stated = async (message: Extract<OrderMessage, { type: 'heads' }>): Promise<readonly OrderMessage[]> => {
    const record = await deviceOf(sql, device);
    if (record === null) return [];
    const answer = await cosign(sql, world, record, message.heads, message.signature, known.get('cosign') ?? 0);
    if (answer.outcome === 'signed') return [orderOf(answer.order)];
    return answer.outcome === 'differ' ? [{ type: 'heads-differ' }] : [];
  };

  /** What the device holds and this central lost: of everybody's orders it is asked for, of its own the next one lies behind it. */
  const lost = async (held: HelloOrders): Promise<readonly OrderMessage[]> => {
    const wanted: OrderMessage[] = [];
    for (const { kind, version } of held) {
      if (!isOrderKind(kind) || kind === 'lease' || kind === 'cosign') continue;
      const newest = await newestOrder(sql, cells, kind, audienceOf(kind, device));
      if ((newest?.version ?? 0) < version) wanted.push({ type: 'order-wanted', kind });
    }
    return wanted;
  };

  return {
    async hello(held, isRevoked) {
      revoked = isRevoked;
      for (const { kind, version } of held) known.set(kind, version);
      const wanted = await lost(held);
      const messages = await sql.write('orders', async (tx) => {
        await keepHeld(tx, world, device, held);
        if (!revoked) await refreshRoster(tx, world);
        return [...(await standing(tx)), ...(await lease(tx))];
      });
      return orderly([...wanted, ...messages]);
    },
    async look() {
      revoked ||= (await deviceOf(sql, device))?.state === 'revoked';
      return orderly(await sql.write('orders', async (tx) => [...(await standing(tx)), ...(await lease(tx))]));
    },
    async message(message) {
      switch (message.type) {
        case 'order-taken':
          await taken(message.taken);
          return orderly([]);
        case 'order':
          await recoverOrder(sql, { ...world, publicKey: ed25519PublicKey(world.signing) }, device, message.order);
          return orderly([]);
        case 'heads': return orderly(revoked ? [] : await stated(message));
        case 'heads-list': return orderly((await contradictions(sql, world, device, message.heads)).map(({ segment, length }) => ({ type: 'contradicted', segment, length })));
        default: return orderly([]);
      }
    },
  };
}

/** What the device says it holds counts as its word that it was applied: an acknowledgement that was lost is made good. */
async function keepHeld(tx: Writes, { clock }: OrdersWorld, device: DeviceId, held: HelloOrders): Promise<void> {
  const said = new Map((await outcomesOf(tx, device)).map(({ kind, version }) => [kind, version]));
  for (const { kind, version } of held) {
    const passing = kind === 'lease' || kind === 'cosign';
    if (Object.hasOwn(ORDER_KINDS, kind) && !passing && (said.get(kind) ?? 0) < version) await keepOutcome(tx, clock, device, { kind, version, outcome: kind === 'kill' ? 'begun' : 'applied', code: null });
  }
}
