import { concatBytes } from '../base/bytes.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import { FRAME_LANES, FRAME_PAYLOAD_MAX_BYTES } from './limits.ts';

/**
 * A frame is four bytes and a payload: payload length (16 bits, big-endian, 1 to 4096), lane (8 bits), flags (8 bits:
 * 1 = last frame of its message, all others zero). A message is the payloads of its frames in one lane, put together;
 * frames of different lanes may interleave, so that an urgent message does not wait for a bulky one.
 */
const FRAME_HEADER_BYTES = 4;
const FLAG_LAST = 1;

/** The frames of a message, in order, each ready to be written to the line. */
export function framesOf(message: Uint8Array, lane = 0): Uint8Array[] {
  if (message.length === 0) throw new Error('broken assumption: a message has at least its type');
  const frames: Uint8Array[] = [];
  for (let offset = 0; offset < message.length; offset += FRAME_PAYLOAD_MAX_BYTES) {
    const payload = message.subarray(offset, offset + FRAME_PAYLOAD_MAX_BYTES);
    const last = offset + payload.length === message.length;
    const frame = new Uint8Array(FRAME_HEADER_BYTES + payload.length);
    frame[0] = payload.length >> 8;
    frame[1] = payload.length & 0xff;
    frame[2] = lane;
    frame[3] = last ? FLAG_LAST : 0;
    frame.set(payload, FRAME_HEADER_BYTES);
    frames.push(frame);
  }
  return frames;
}

export type FrameFault = 'FRAME_MALFORMED' | 'MESSAGE_TOO_LARGE';

export type FrameReader = {
  /** Takes the next bytes of the line, cut anywhere, and gives the messages they complete. A fault is final. */
  push(chunk: Uint8Array): Result<readonly Uint8Array[], FrameFault>;
  /** Messages may be this large from now on; small until the peer is authenticated. */
  allow(messageMaxBytes: number): void;
};

type Lane = { parts: Uint8Array[]; bytes: number };

export function createFrameReader(initialMessageMaxBytes: number): FrameReader {
  let messageMaxBytes = initialMessageMaxBytes;
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let fault: FrameFault | null = null;
  const lanes: Lane[] = Array.from({ length: FRAME_LANES }, () => ({ parts: [], bytes: 0 }));

  const fail = (code: FrameFault): Result<never, FrameFault> => {
    fault = code;
    return refuse(code);
  };

  return {
    allow(max) {
      messageMaxBytes = max;
    },
    push(chunk) {
      if (fault !== null) return refuse(fault);
      pending.push(chunk.slice());
      pendingBytes += chunk.length;
      if (pendingBytes < FRAME_HEADER_BYTES) return ok([]);
      const bytes = pending.length === 1 && pending[0] !== undefined ? pending[0] : concatBytes(...pending);
      const messages: Uint8Array[] = [];
      let offset = 0;
      while (bytes.length - offset >= FRAME_HEADER_BYTES) {
        const length = ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
        const lane = lanes[bytes[offset + 2] ?? FRAME_LANES];
        const flags = bytes[offset + 3] ?? 0;
        if (length === 0 || length > FRAME_PAYLOAD_MAX_BYTES || lane === undefined || (flags & ~FLAG_LAST) !== 0) return fail('FRAME_MALFORMED');
        if (lane.bytes + length > messageMaxBytes) return fail('MESSAGE_TOO_LARGE');
        if (bytes.length - offset - FRAME_HEADER_BYTES < length) break;
        const start = offset + FRAME_HEADER_BYTES;
        lane.parts.push(bytes.subarray(start, start + length));
        lane.bytes += length;
        offset = start + length;
        if (flags === FLAG_LAST) {
          messages.push(concatBytes(...lane.parts));
          lane.parts = [];
          lane.bytes = 0;
        }
      }
      pending = offset === bytes.length ? [] : [bytes.subarray(offset)];
      pendingBytes = bytes.length - offset;
      return ok(messages);
    },
  };
}
