import type { DeviceCore } from '../../shared/sync/device-core.ts';
import type { DeviceOutput } from '../../shared/sync/device-output.ts';
import type { HubConversation } from '../../shared/sync/hub-core.ts';
import type { HubOutput } from '../../shared/sync/hub-output.ts';
import type { Message } from '../../shared/sync/message.ts';

/**
 * Which release somebody's protocol is of: that of Outpost 0.1.0, which knows version 1 alone; this one; or the next one,
 * which offers a version nobody here knows and says things that have no meaning yet.
 */
export type Speech = 'first' | 'this' | 'next';

const VERSIONS: Readonly<Record<Speech, readonly number[] | null>> = { first: [1], this: null, next: null };
const NEXT_VERSION = 3;

/** For the cores' own options. */
export function versionsOf(speech: Speech): { versions?: readonly number[] } {
  const versions = VERSIONS[speech];
  return versions === null ? {} : { versions };
}

const LATER = { meaning: 'none yet', parts: [1, { two: null }] };

/** The same message as the next release might put it: fields nobody knows wherever there may be some. */
function ofNext(message: Message): Message {
  switch (message.type) {
    case 'hello': return { type: 'hello', hello: { ...message.hello, versions: [NEXT_VERSION, ...message.hello.versions], later: LATER } };
    case 'hi': return { type: 'hi', hi: { ...message.hi, later: LATER } };
    case 'rejected': return { type: 'rejected', rejected: { ...message.rejected, later: LATER } };
    case 'refused': return { type: 'refused', refused: { ...message.refused, later: LATER } };
    case 'scope': return { type: 'scope', scope: { ...message.scope, later: LATER } };
    default: return message;
  }
}

const said = <Output extends DeviceOutput | HubOutput>(outputs: readonly Output[]): Output[] => outputs.map((output) => (output.do === 'send' ? { ...output, message: ofNext(output.message) } : output));

/** A workstation whose protocol is of this release or another. */
export function deviceSpeaks(speech: Speech, core: DeviceCore): DeviceCore {
  return speech === 'next' ? { ...core, start: (now) => said(core.start(now)) } : core;
}

/** Central, likewise. */
export function hubSpeaks(speech: Speech, conversation: HubConversation): HubConversation {
  return speech === 'next' ? { ...conversation, message: async (message) => said(await conversation.message(message)) } : conversation;
}

/** A message of a type that only the next release knows, in one frame: whoever does not know it passes over it. */
const OPTIONAL_MESSAGE = Uint8Array.of(0, 5, 0, 1, 0xf7, 1, 2, 3, 4);
const LANE_OFFSET = 2;
const FLAGS_OFFSET = 3;

/** Frames as the next release might send them: behind the end of a message in the first lane comes one nobody knows. */
export function framesOf(speech: Speech, write: (frame: Uint8Array) => void): (frame: Uint8Array) => void {
  if (speech !== 'next') return write;
  return (frame) => {
    write(frame);
    if (frame[LANE_OFFSET] === 0 && frame[FLAGS_OFFSET] === 1) write(OPTIONAL_MESSAGE);
  };
}
