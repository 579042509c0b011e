import type { OrdersView } from '../../shared/ipc/shapes.ts';
import type { Orders } from './orders.ts';

/** What the window and the command line show of the organisation's orders. */
export function ordersView(orders: Pick<Orders, 'bundle' | 'standing'>): OrdersView {
  const { version, issuedAt } = orders.bundle();
  const { unread, ...standing } = orders.standing();
  return { ...standing, unread: [...unread], policy: { version, issuedAt } };
}
