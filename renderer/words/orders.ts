import type { OrdersView } from '../../shared/ipc/shapes.ts';

/** What the organisation said to this workstation, for the people at it. */

type Closed = NonNullable<OrdersView['closed']>;

export const ordersWords = {
  closed: {
    revoked: { title: 'The organisation has closed this workstation.', text: 'Nothing here is lost or shown. An administrator can join it again with a new one-time code from the central server.' },
    erasing: { title: 'This workstation is about to be erased.', text: 'The organisation ordered it. What was charted here is being sent first; then the records on this computer are destroyed. Leave it on and connected.' },
    behind: { title: 'This workstation must hear from its organisation first.', text: 'Part of what the organisation said to it was put back to an earlier state. It opens again as soon as the central server answers.' },
    sealed: { title: 'This workstation has had no word from its organisation for too long.', text: 'It opens again as soon as the central server answers. Without a line, the printed recovery code opens it for reading and for emergencies.' },
    suspended: { title: 'Your organisation has closed every account of this workstation.', text: 'When it opens one again, this workstation learns of it here.' },
  } satisfies Readonly<Record<Closed, { readonly title: string; readonly text: string }>>,
  ask: 'Ask the central server now',
  asking: 'Asking',
  answered: 'The central server answered, and nothing has changed.',
  lock: 'Lock',
  code: 'New one-time code',
  join: 'Join again',
  signedIn: (name: string) => `Signed in: ${name}`,
  unsent: (count: string) => `Still to be sent: ${count}`,

  lapsedTitle: 'This workstation can only be read for now.',
  lapsedBody: (ends: string) => `It has had no word from its organisation for too long. Connect it to the network and it opens again by itself. Emergency access works, and a note you had begun can be signed. After ${ends} nothing opens until central answers.`,
  lapsedAction: 'Ask the central server now',
  endsSoonTitle: 'This workstation must reach its organisation soon.',
  endsSoonBody: (left: string) => `Without word from the central server it can only be read from ${left} on.`,

  erasedTitle: 'The records of this workstation were erased.',
  erasedText: (by: string, when: string) => `${by} ordered it. It was done on ${when}. Nothing that was here can be opened any more, by anybody.`,
  setUpAnew: 'Set this computer up anew',
} as const;
