import type { Lane } from '../ledger/lanes.ts';
import { encodeOrderMessage, type HelloOrders, type OrderMessage } from './messages.ts';

/** What central says of orders in one conversation, and what it waits for. */
export type Orderly = {
  readonly messages: readonly OrderMessage[];
  /** Something was handed out in this conversation that the device has not answered. */
  readonly awaiting: boolean;
  /** The device is to give what it holds and get nothing: it will be erased. */
  readonly pushOnly: boolean;
};

/** Central's orders as one conversation of the hub needs them. Every call is durable when it resolves. */
export type HubOrders = {
  /** The device said what it holds. */
  hello(held: HelloOrders, revoked: boolean): Promise<Orderly>;
  /** What was issued since; each order once in a conversation. */
  look(): Promise<Orderly>;
  message(message: OrderMessage): Promise<Orderly>;
};

/** A roster may take a minute of a thin line: whatever is urgent goes before it. */
const SMALL_ORDER_BYTES = 4096;

export function laneOfOrder(message: OrderMessage): Lane {
  return encodeOrderMessage(message).length <= SMALL_ORDER_BYTES ? 0 : 2;
}
