import { concatBytes, fromHex, toHex } from '../base/bytes.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import { FRAME_LANES, FRAME_PAYLOAD_MAX_BYTES, TRUNK_AHEAD_FRAMES_MAX } from './limits.ts';
import { byteReader, byteWriter, CutShort, MalformedBytes, type ByteReader, type ByteWriter } from './wire-bytes.ts';

/**
 * What travels on one line of a trunk (docs/sync-protocol.md, section 13): one kind byte, then integers in LEB128 and
 * frames as frame.ts writes them. Whoever opens a line says which trunk it is of before anything else.
 */
export type TrunkRecord =
  | { readonly is: 'open'; readonly open: TrunkOpening }
  | { readonly is: 'opened'; readonly outcome: TrunkOutcome; readonly held: LaneHoldings }
  | { readonly is: 'data'; /** Of its lane, from 0. */ readonly number: number; readonly lane: number; readonly frame: Uint8Array }
  /** So many data records came on this line since it was opened. */
  | { readonly is: 'ack'; readonly count: number };

/** `begin`: a new trunk. `beside`: one more line of it. `instead`: the only one, all others are given up. */
export type TrunkMode = 'begin' | 'beside' | 'instead';
export type TrunkOpening = { readonly mode: TrunkMode; /** 32 hexadecimal digits, drawn at random by the device. */ readonly trunk: string; readonly held: LaneHoldings };
/** `unknown`: no such trunk here, or no longer. */
export type TrunkOutcome = 'begun' | 'joined' | 'unknown';

/** What a side has received: in each lane every number below `next`, and some beyond. */
export type LaneHolding = { readonly next: number; readonly beyond: readonly number[] };
export type LaneHoldings = readonly LaneHolding[];
export const NOTHING_HELD: LaneHoldings = Array.from({ length: FRAME_LANES }, () => ({ next: 0, beyond: [] }));

const KIND = { open: 1, opened: 2, data: 3, ack: 4 } as const;
const MODES: readonly TrunkMode[] = ['begin', 'beside', 'instead'];
const OUTCOMES: readonly TrunkOutcome[] = ['begun', 'joined', 'unknown'];
const TRUNK_ID_BYTES = 16;
const FRAME_HEADER_BYTES = 4;
const FLAG_LAST = 1;
/** No record is longer: the largest is an opening that names as many frames ahead as there can be. */
const RECORD_MAX_BYTES = 16 * 1024;

function writeHeld(writer: ByteWriter, held: LaneHoldings): ByteWriter {
  for (const { next, beyond } of held) {
    writer.uint(next).uint(beyond.length);
    for (const number of beyond) writer.uint(number - next);
  }
  return writer;
}

function readHeld(reader: ByteReader): LaneHoldings {
  return Array.from({ length: FRAME_LANES }, () => {
    const next = reader.uint();
    const beyond: number[] = [];
    for (let left = reader.uint(TRUNK_AHEAD_FRAMES_MAX); left > 0; left -= 1) beyond.push(next + reader.uint(TRUNK_AHEAD_FRAMES_MAX));
    return { next, beyond };
  });
}

export const openRecord = ({ mode, trunk, held }: TrunkOpening): Uint8Array =>
  writeHeld(byteWriter().uint(KIND.open).uint(MODES.indexOf(mode)).fixed(fromHex(trunk)), held).done();
export const openedRecord = (outcome: TrunkOutcome, held: LaneHoldings): Uint8Array => writeHeld(byteWriter().uint(KIND.opened).uint(OUTCOMES.indexOf(outcome)), held).done();
export const dataRecord = (number: number, frame: Uint8Array): Uint8Array => byteWriter().uint(KIND.data).uint(number).fixed(frame).done();
export const ackRecord = (count: number): Uint8Array => byteWriter().uint(KIND.ack).uint(count).done();

function readData(reader: ByteReader): TrunkRecord {
  const number = reader.uint();
  const header = reader.fixed(FRAME_HEADER_BYTES);
  const [high = 0, low = 0, lane = FRAME_LANES, flags = 0] = header;
  const length = (high << 8) | low;
  if (length === 0 || length > FRAME_PAYLOAD_MAX_BYTES || lane >= FRAME_LANES || (flags & ~FLAG_LAST) !== 0) throw new MalformedBytes('no frame');
  return { is: 'data', number, lane, frame: concatBytes(header, reader.fixed(length)) };
}

function readRecord(reader: ByteReader): TrunkRecord {
  switch (reader.uint()) {
    case KIND.open: {
      const mode = MODES[reader.uint(MODES.length - 1)];
      if (mode === undefined) throw new MalformedBytes('no mode');
      return { is: 'open', open: { mode, trunk: toHex(reader.fixed(TRUNK_ID_BYTES)), held: readHeld(reader) } };
    }
    case KIND.opened: {
      const outcome = OUTCOMES[reader.uint(OUTCOMES.length - 1)];
      if (outcome === undefined) throw new MalformedBytes('no outcome');
      return { is: 'opened', outcome, held: readHeld(reader) };
    }
    case KIND.data: return readData(reader);
    case KIND.ack: return { is: 'ack', count: reader.uint() };
    default: throw new MalformedBytes('no record');
  }
}

/** Takes the bytes of a line, cut anywhere, and gives the records they complete. A fault is final. */
export type TrunkReader = { push(chunk: Uint8Array): Result<readonly TrunkRecord[], 'MALFORMED'> };

export function createTrunkReader(): TrunkReader {
  let pending: Uint8Array = new Uint8Array();
  let broken = false;

  return {
    push(chunk) {
      if (broken) return refuse('MALFORMED');
      const bytes = concatBytes(pending, chunk);
      const records: TrunkRecord[] = [];
      let offset = 0;
      while (offset < bytes.length) {
        const taken = readFirst(bytes.subarray(offset));
        if (taken === 'short') break;
        if (taken === 'malformed') {
          broken = true;
          pending = new Uint8Array();
          return refuse('MALFORMED');
        }
        records.push(taken.record);
        offset += taken.length;
      }
      pending = bytes.slice(offset);
      return ok(records);
    },
  };
}

/** What is cut short is waited for, as long as it can still become a record. */
function readFirst(bytes: Uint8Array): { readonly record: TrunkRecord; readonly length: number } | 'short' | 'malformed' {
  const reader = byteReader(bytes);
  try {
    const record = readRecord(reader);
    return { record, length: bytes.length - reader.remaining() };
  } catch (cause) {
    if (!(cause instanceof MalformedBytes)) throw cause;
    return cause instanceof CutShort && bytes.length < RECORD_MAX_BYTES ? 'short' : 'malformed';
  }
}
