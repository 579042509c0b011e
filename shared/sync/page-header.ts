import { fromHex, toHex } from '../base/bytes.ts';
import { RecordId, type DeviceId, type SegmentId } from '../base/ids.ts';
import { deviceId, expectByte, hexId, hubEpoch, organizationId, readCursor, segmentId, writeCursor, type Cursor, type HubEpoch, type OrganizationId } from './envelope.ts';
import { BATCH_ENTRIES_MAX, PAGE_ENTRIES_MAX } from './limits.ts';
import { byteWriter, MalformedBytes, readAll, type ByteReader, type ByteWriter } from './wire-bytes.ts';

/** What a device can ask the hub to read out. All but the log lie beside the cursor, and may be read any number of times. */
export type Stream =
  /** The log behind the cursor, in its order. Urgent entries up to number `urgentSeen` are left out: the device has them. */
  | { readonly kind: 'log'; readonly after: Cursor; readonly urgentSeen: number }
  /** Urgent entries alone, behind a number of the log. */
  | { readonly kind: 'urgent'; readonly epoch: HubEpoch; readonly after: number }
  /** What the log holds of a patient who came into the device's scope, behind a number of the log. */
  | { readonly kind: 'patient'; readonly epoch: HubEpoch; readonly patient: RecordId; readonly after: number }
  /** A segment of the device's own, from a sequence on, because it lost it. */
  | { readonly kind: 'segment'; readonly segment: SegmentId; readonly from: number }
  /**
   * All that the log holds up to the place `at`, segment by segment, what is needed first in front: urgent ones, then the
   * latest work, who looked last. `after` counts the entries passed. For a device that has nothing yet.
   */
  | { readonly kind: 'seed'; readonly at: Cursor; readonly after: number };

/** What a page says of itself in the clear: the additional authenticated data of its seal, covered by its signature. */
export type PageHeader = {
  /** Shape of the page: 1 the log alone and no attestations, 2 everything. */
  readonly version: 1 | 2;
  readonly codec: number;
  readonly organization: OrganizationId;
  /** The device it is sealed to. */
  readonly device: DeviceId;
  /** What it answers; a device takes only what continues what it asked for. */
  readonly stream: Stream;
  /** Where to read on: a number of the log (all up to it is passed), of a segment stream the next sequence, of a seed the entries passed. */
  readonly next: number;
  /** The log's mark at `next`; null in streams that do not count in numbers of the log. */
  readonly mark: string | null;
  /** Where the stream ends by now, in the unit of `next`: whether there is more to ask for. */
  readonly last: number;
  readonly count: number;
};

const PAGE = 0x50;
const KINDS = ['log', 'urgent', 'patient', 'segment', 'seed'] as const;
const UUID_BYTES = 16;

/** Whether a stream counts in numbers of the log, so that its places have marks. */
export const isByNumber = ({ kind }: Stream): boolean => kind === 'log' || kind === 'urgent' || kind === 'patient';

function patientOf(bytes: Uint8Array): RecordId {
  const hex = toHex(bytes);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as RecordId;
}

export function writePatient(writer: ByteWriter, patient: RecordId): ByteWriter {
  return writer.fixed(fromHex(patient.replaceAll('-', '')));
}

export function readPatient(reader: ByteReader): RecordId {
  const parsed = RecordId.safeParse(patientOf(reader.fixed(UUID_BYTES)));
  if (!parsed.success) throw new MalformedBytes('not a patient id');
  return parsed.data;
}

export function writeStream(writer: ByteWriter, stream: Stream): ByteWriter {
  writer.uint(KINDS.indexOf(stream.kind));
  switch (stream.kind) {
    case 'log': return writeCursor(writer, stream.after).uint(stream.urgentSeen);
    case 'urgent': return writer.fixed(fromHex(stream.epoch)).uint(stream.after);
    case 'patient': return writePatient(writer.fixed(fromHex(stream.epoch)), stream.patient).uint(stream.after);
    case 'segment': return writer.fixed(fromHex(stream.segment)).uint(stream.from);
    case 'seed': return writeCursor(writer, stream.at).uint(stream.after);
  }
}

export function readStream(reader: ByteReader): Stream {
  const kind = KINDS[reader.uint(KINDS.length - 1)];
  switch (kind) {
    case 'log': return { kind, after: readCursor(reader), urgentSeen: reader.uint() };
    case 'urgent': return { kind, epoch: hubEpoch(reader), after: reader.uint() };
    case 'patient': return { kind, epoch: hubEpoch(reader), patient: readPatient(reader), after: reader.uint() };
    case 'segment': return { kind, segment: segmentId(reader), from: reader.uint() };
    case 'seed': return { kind, at: readCursor(reader), after: reader.uint() };
    default: throw new MalformedBytes('unknown stream');
  }
}

export function encodePageHeader(header: PageHeader): Uint8Array<ArrayBuffer> {
  const { stream } = header;
  const writer = byteWriter().fixed(Uint8Array.of(header.version, PAGE)).uint(header.codec).fixed(fromHex(header.organization)).fixed(fromHex(header.device));
  if (header.version === 1) {
    if (stream.kind !== 'log') throw new Error('broken assumption: version 1 knows the log alone');
    writeCursor(writeCursor(writer, stream.after), { epoch: stream.after.epoch, lsn: header.next, mark: header.mark ?? '' });
  } else {
    writeStream(writer, stream).uint(header.next);
    if (isByNumber(stream)) writer.fixed(fromHex(header.mark ?? ''));
  }
  return writer.uint(header.last).uint(header.count).done();
}

function readPlace(reader: ByteReader, version: 1 | 2): Pick<PageHeader, 'stream' | 'next' | 'mark'> {
  if (version === 1) {
    const [after, next] = [readCursor(reader), readCursor(reader)];
    if (after.epoch !== next.epoch) throw new MalformedBytes('a page stays within its epoch');
    return { stream: { kind: 'log', after, urgentSeen: 0 }, next: next.lsn, mark: next.mark };
  }
  const stream = readStream(reader);
  const next = reader.uint();
  return { stream, next, mark: isByNumber(stream) ? hexId(reader) : null };
}

export function decodePageHeader(bytes: Uint8Array): PageHeader | null {
  return readAll(bytes, (reader) => {
    const version = reader.fixed(1)[0];
    if (version !== 1 && version !== 2) throw new MalformedBytes('unknown page version');
    expectByte(reader, PAGE);
    const codec = reader.uint();
    return { version, codec, organization: organizationId(reader), device: deviceId(reader), ...readPlace(reader, version), last: reader.uint(), count: reader.uint(version === 1 ? BATCH_ENTRIES_MAX : PAGE_ENTRIES_MAX) };
  });
}
