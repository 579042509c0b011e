import type { Lane } from '../ledger/lanes.ts';
import type { Message, RefusalCode } from './message.ts';

/** What the hub's half of a conversation asks of whoever runs it. */

/** How far the log has grown: its latest number, and the latest of an urgent segment. */
export type News = { readonly latest: number; readonly urgent: number };

export type HubOutput =
  | { readonly do: 'send'; readonly message: Message; readonly lane: Lane }
  /** New entries are durable: other devices may want to know. */
  | { readonly do: 'news'; readonly news: News }
  | { readonly do: 'close' };

export const send = (message: Message, lane: Lane = 0): HubOutput => ({ do: 'send', message, lane });
/** Says why, and ends the line. */
export const refusal = (code: RefusalCode): readonly HubOutput[] => [send({ type: 'refused', refused: { code } }), { do: 'close' }];
