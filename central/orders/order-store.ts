import type { DeviceId } from '../../shared/base/ids.ts';
import { isOrderKind, ORDER_KINDS, type ContentOf, type OrderKind } from '../../shared/orders/contents.ts';
import { readContent } from '../../shared/orders/judge.ts';
import type { Taken } from '../../shared/orders/messages.ts';
import { EVERY_DEVICE, ORDER_FORM, parseOrder, signOrder, type Order, type SignedOrder } from '../../shared/orders/order.ts';
import type { OrganizationId } from '../../shared/sync/envelope.ts';
import type { Sign } from '../../shared/sync/sealing.ts';
import type { Cells } from '../store/cells.ts';
import { orderPlace } from '../store/places.ts';
import { bytesOf, numberOf, optionalTextOf, textOf, type Row } from '../store/row.ts';
import type { Reads, Writes } from '../store/sql.ts';
import type { HubClock } from '../world.ts';

/** Orders as they were issued, and what became of them. Versions are drawn under the lock `orders`. */
export type Audience = Order['audience'];
export type IssuedOrder = { readonly kind: OrderKind; readonly audience: Audience; readonly version: number; readonly issuedAt: number; readonly expiresAt: number | null; readonly issuedBy: string; readonly signed: SignedOrder };

export type OrdersWorld = { readonly organization: OrganizationId; readonly sign: Sign; readonly clock: HubClock; readonly cells: Cells };

/** What central signs by itself, at every contact. */
export const CENTRAL = 'central';
/** The default policies are version 1; the organisation's own begin behind them, so that a decision names one bundle. */
const FIRST_VERSION: Readonly<Partial<Record<OrderKind, number>>> = { policy: 2 };
const PASSING: ReadonlySet<OrderKind> = new Set(['lease', 'cosign']);

const COLUMNS = 'kind, audience, version, issued_at, expires_at, issued_by, content, signature';

function toIssued(cells: Cells, row: Row): IssuedOrder {
  const [kind, audience, version] = [textOf(row, 'kind'), textOf(row, 'audience'), numberOf(row, 'version')];
  if (!isOrderKind(kind)) throw new Error('broken assumption: only known kinds are issued');
  const expiresAt = row['expires_at'];
  return {
    kind, audience: audience as Audience, version, issuedAt: numberOf(row, 'issued_at'), expiresAt: typeof expiresAt === 'number' ? expiresAt : null, issuedBy: textOf(row, 'issued_by'),
    signed: { text: cells.readText(orderPlace(kind, audience, version), row, 'content'), signature: bytesOf(row, 'signature') },
  };
}

export async function newestOrder(reads: Reads, cells: Cells, kind: OrderKind, audience: Audience): Promise<IssuedOrder | null> {
  const row = await reads.get(`SELECT ${COLUMNS} FROM issued_order WHERE kind = ? AND audience = ? ORDER BY version DESC LIMIT 1`, kind, audience);
  return row === undefined ? null : toIssued(cells, row);
}

/** The newest content of a kind; null where none was issued. */
export async function newestContent<Kind extends OrderKind>(reads: Reads, cells: Cells, kind: Kind, audience: Audience): Promise<ContentOf<Kind> | null> {
  const issued = await newestOrder(reads, cells, kind, audience);
  const order = issued === null ? null : parseOrder(issued.signed.text);
  const known = order === null ? null : readContent(order, kind);
  // `readContent` reads by the schema of this very kind.
  return known === null ? null : (known.content as ContentOf<Kind>);
}

/** Every order that was issued, the newest first. */
export async function issuedOrders(reads: Reads, cells: Cells): Promise<readonly IssuedOrder[]> {
  return (await reads.all(`SELECT ${COLUMNS} FROM issued_order ORDER BY issued_at DESC, kind, audience, version DESC`)).map((row) => toIssued(cells, row));
}

export type NewOrder = {
  readonly kind: OrderKind;
  readonly audience: Audience;
  /** Made for the version and the date that the order gets. */
  readonly content: (version: number, issuedAt: number) => unknown;
  /** From its date on, milliseconds; null: until the next version. */
  readonly validMs: number | null;
  readonly by: string;
  /** A device holds this version, which central may have lost in a restore: the new one lies behind it. */
  readonly above?: number;
};

/** Within the caller's transaction under the lock `orders`. */
export async function issueOrder(tx: Writes, { organization, sign, clock, cells }: OrdersWorld, { kind, audience, content, validMs, by, above = 0 }: NewOrder): Promise<IssuedOrder> {
  const row = await tx.get('SELECT max(version) AS version FROM issued_order WHERE kind = ? AND audience = ?', kind, audience);
  const version = Math.max(Number(row?.['version'] ?? 0) + 1, above + 1, FIRST_VERSION[kind] ?? 1);
  const issuedAt = Math.floor(clock.now());
  const expiresAt = validMs === null ? null : issuedAt + validMs;
  const signed = signOrder(sign, { v: ORDER_FORM, kind, organization, version, issuedAt, expiresAt, audience, content: content(version, issuedAt) });
  const issued: IssuedOrder = { kind, audience, version, issuedAt, expiresAt, issuedBy: by, signed };
  await keepOrder(tx, cells, issued);
  return issued;
}

export async function keepOrder(tx: Writes, cells: Cells, { kind, audience, version, issuedAt, expiresAt, issuedBy, signed }: IssuedOrder): Promise<void> {
  await tx.run(
    `INSERT INTO issued_order (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    kind, audience, version, issuedAt, expiresAt, issuedBy, cells.text(orderPlace(kind, audience, version), signed.text), signed.signature,
  );
  if (PASSING.has(kind)) await tx.run('DELETE FROM issued_order WHERE kind = ? AND audience = ? AND version < ?', kind, audience, version);
}

export type Outcome = Taken & { readonly device: string; readonly at: number };

export async function outcomesOf(reads: Reads, device: DeviceId | null): Promise<readonly Outcome[]> {
  const where = device === null ? '' : 'WHERE device = ? ';
  const rows = await reads.all(`SELECT device, kind, version, outcome, code, at FROM order_outcome ${where}ORDER BY device, kind`, ...(device === null ? [] : [device]));
  return rows.map((row) => ({ device: textOf(row, 'device'), kind: textOf(row, 'kind'), version: numberOf(row, 'version'), outcome: textOf(row, 'outcome') as Taken['outcome'], code: optionalTextOf(row, 'code'), at: numberOf(row, 'at') }));
}

/** A word about a lower version than the last one, as a message that was late, changes nothing. */
export async function keepOutcome(tx: Writes, clock: HubClock, device: DeviceId, { kind, version, outcome, code }: Taken): Promise<void> {
  await tx.run(
    `INSERT INTO order_outcome (device, kind, version, outcome, code, at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (device, kind) DO UPDATE SET version = excluded.version, outcome = excluded.outcome, code = excluded.code, at = excluded.at WHERE excluded.version >= order_outcome.version`,
    device, kind, version, outcome, code, Math.floor(clock.now()),
  );
}

export const audienceOf = (kind: OrderKind, device: DeviceId): Audience => (ORDER_KINDS[kind].audience === 'all' ? EVERY_DEVICE : device);
