import { concatBytes } from '../base/bytes.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import type { Lane } from '../ledger/lanes.ts';
import { FRAME_LANES, FRAME_PAYLOAD_MAX_BYTES } from './limits.ts';

/**
 * A frame is four bytes and a payload: payload length (16 bits, big-endian, 1 to 4096), lane (8 bits), flags (8 bits:
 * 1 = last frame of its message, all others zero). A message is the payloads of its frames in one lane, put together;
 * frames of different lanes may interleave, so that an urgent message does not wait for a bulky one.
 */
const FRAME_HEADER_BYTES = 4;
const FLAG_LAST = 1;

/** The frame of a message that begins at `offset`, ready to be written to the line, and where the one after it begins. */
export function frameAt(message: Uint8Array, offset: number, lane: Lane): { readonly frame: Uint8Array; readonly next: number } {
  if (offset >= message.length) throw new Error('broken assumption: a message has at least its type, and no frame behind its end');
  const payload = message.subarray(offset, offset + FRAME_PAYLOAD_MAX_BYTES);
  const next = offset + payload.length;
  const frame = new Uint8Array(FRAME_HEADER_BYTES + payload.length);
  frame[0] = payload.length >> 8;
  frame[1] = payload.length & 0xff;
  frame[2] = lane;
  frame[3] = next === message.length ? FLAG_LAST : 0;
  frame.set(payload, FRAME_HEADER_BYTES);
  return { frame, next };
}

/** All frames of a message, in order. */
export function framesOf(message: Uint8Array, lane: Lane = 0): Uint8Array[] {
  const frames: Uint8Array[] = [];
  let offset = 0;
  do {
    const { frame, next } = frameAt(message, offset, lane);
    frames.push(frame);
    offset = next;
  } while (offset < message.length);
  return frames;
}

export type FrameFault = 'FRAME_MALFORMED' | 'MESSAGE_TOO_LARGE';

export type FrameReader = {
  /** Takes the next bytes of the line, cut anywhere, and gives the messages they complete. A fault is final. */
  push(chunk: Uint8Array): Result<readonly Uint8Array[], FrameFault>;
  /** Messages may be this large from now on; small until the peer is authenticated. */
  allow(messageMaxBytes: number): void;
  /** Bytes of messages that are not whole yet. */
  gathered(): number;
};

/** A message under way in one lane: its bytes so far, in a buffer that grows by doubling, however small the frames are. */
type Gathering = { buffer: Uint8Array; bytes: number };
const FIRST_BUFFER_BYTES = 8 * 1024;

function gather(lane: Gathering, payload: Uint8Array): void {
  const needed = lane.bytes + payload.length;
  if (needed > lane.buffer.length) {
    const grown = new Uint8Array(Math.max(needed, lane.buffer.length * 2, FIRST_BUFFER_BYTES));
    grown.set(lane.buffer.subarray(0, lane.bytes));
    lane.buffer = grown;
  }
  lane.buffer.set(payload, lane.bytes);
  lane.bytes = needed;
}

export function createFrameReader(initialMessageMaxBytes: number): FrameReader {
  let messageMaxBytes = initialMessageMaxBytes;
  let pending = new Uint8Array();
  let fault: FrameFault | null = null;
  const lanes: Gathering[] = Array.from({ length: FRAME_LANES }, () => ({ buffer: new Uint8Array(), bytes: 0 }));

  const fail = (code: FrameFault): Result<never, FrameFault> => {
    fault = code;
    pending = new Uint8Array();
    for (const lane of lanes) Object.assign(lane, { buffer: new Uint8Array(), bytes: 0 });
    return refuse(code);
  };

  return {
    gathered: () => pending.length + lanes.reduce((total, { bytes }) => total + bytes, 0),
    allow(max) {
      messageMaxBytes = max;
    },
    push(chunk) {
      if (fault !== null) return refuse(fault);
      const bytes = concatBytes(pending, chunk);
      const messages: Uint8Array[] = [];
      let offset = 0;
      while (bytes.length - offset >= FRAME_HEADER_BYTES) {
        const length = ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
        const lane = lanes[bytes[offset + 2] ?? FRAME_LANES];
        const flags = bytes[offset + 3] ?? 0;
        if (length === 0 || length > FRAME_PAYLOAD_MAX_BYTES || lane === undefined || (flags & ~FLAG_LAST) !== 0) return fail('FRAME_MALFORMED');
        if (lane.bytes + length > messageMaxBytes) return fail('MESSAGE_TOO_LARGE');
        const start = offset + FRAME_HEADER_BYTES;
        if (bytes.length - start < length) break;
        offset = start + length;
        // Most messages are one frame; their bytes are a copy of ours already.
        if (flags === FLAG_LAST && lane.bytes === 0) {
          messages.push(bytes.subarray(start, offset));
          continue;
        }
        gather(lane, bytes.subarray(start, offset));
        if (flags === FLAG_LAST) {
          messages.push(lane.buffer.subarray(0, lane.bytes));
          Object.assign(lane, { buffer: new Uint8Array(), bytes: 0 });
        }
      }
      pending = bytes.slice(offset);
      return ok(messages);
    },
  };
}
