import type { DeviceId } from '../../shared/base/ids.ts';
import { isOrderKind, ORDER_KINDS } from '../../shared/orders/contents.ts';
import { readContent } from '../../shared/orders/judge.ts';
import { EVERY_DEVICE, ORDER_TEXT_MAX_BYTES, orderSignatureHolds, parseOrder, type SignedOrder } from '../../shared/orders/order.ts';
import { verifyEd25519 } from '../hub/cipher.ts';
import { markRevoked } from '../store/devices.ts';
import { noteEvent } from '../store/events.ts';
import type { Sql } from '../store/sql.ts';
import { keepOrder, newestOrder, type OrdersWorld } from './order-store.ts';

/**
 * A central that was restored from a backup may have lost orders that devices follow. Whoever holds one shows it: the
 * signature is the organisation's own, so it is taken for what it is, whoever brings it. Otherwise somebody dismissed
 * yesterday would be back today.
 */
export async function recoverOrder(sql: Sql, world: OrdersWorld & { readonly publicKey: Uint8Array }, device: DeviceId, signed: SignedOrder): Promise<boolean> {
  if (signed.text.length > ORDER_TEXT_MAX_BYTES || !orderSignatureHolds(verifyEd25519, world.publicKey, signed)) return false;
  const order = parseOrder(signed.text);
  if (order === null || order.organization !== world.organization || !isOrderKind(order.kind)) return false;
  const { kind, audience, version, issuedAt, expiresAt } = order;
  const known = readContent(order, kind);
  if (known === null || (audience !== EVERY_DEVICE && audience !== device)) return false;
  return sql.write('orders', async (tx) => {
    const newest = await newestOrder(tx, world.cells, kind, audience);
    if (newest !== null && newest.version >= version) return false;
    await keepOrder(tx, world.cells, { kind, audience, version, issuedAt, expiresAt, issuedBy: 'recovered', signed });
    await noteEvent(tx, world.clock, { device, code: 'ORDER_RECOVERED', what: `${kind} ${version}` });
    if (known.kind === 'revocation' && known.content.revoked) await markRevoked(tx, world.clock, device, 'recovered');
    if (ORDER_KINDS[kind].audience === 'all') await tx.announce('orders', kind);
    return true;
  });
}
