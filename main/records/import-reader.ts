import { createHash } from 'node:crypto';
import { createVersionJudge } from '../../shared/records/fhir-version.ts';
import { identifyImported } from '../../shared/records/imported-identity.ts';
import { parseReference } from '../../shared/records/references.ts';
import type { ResourceStreamEvent, StreamLimits } from '../../shared/records/resource-events.ts';
import { createResourceStream } from '../../shared/records/resource-stream.ts';
import { streamFault, versionFault, type FileFault } from './import-faults.ts';
import { entryText, incomingOf, type Incoming } from './import-incoming.ts';
import { newTally, tallyRead, tallySkipped, type Tally } from './import-report.ts';

/** Patients a file names and does not hold are remembered up to this many; more only postpone less. */
const WANTED_MAX = 10_000;

/**
 * Reads one file and judges it as a whole. Resources wait in `pending` until they are taken away; nothing read here
 * has reached the ledger.
 */
export interface FileReader {
  readonly tally: Tally;
  /** Set once the file is refused; what comes after is not looked at. */
  readonly fault: FileFault | null;
  readonly pendingResources: number;
  readonly pendingCharacters: number;
  /** Reference texts of patients that are known by a name other than a UUID. */
  readonly wanted: ReadonlySet<string>;
  /** Names under which this file's own patients are referred to. */
  readonly patientNames: ReadonlySet<string>;
  feed(bytes: Uint8Array): void;
  /** After the last byte. */
  end(): void;
  take(): readonly Incoming[];
  /** Refuses a file whose release of FHIR, by what has been read so far, is not R4. */
  judgeVersion(): void;
  refuse(fault: FileFault): void;
  /** SHA-256 of the file, hexadecimal; null where it was not read to its end. Set by `end`. */
  readonly sha256: string | null;
}

export function createFileReader(file: string, bytes: number, limits?: StreamLimits): FileReader {
  const stream = createResourceStream(limits);
  const judge = createVersionJudge();
  const hash = createHash('sha256');
  const tally = newTally(file, bytes);
  const wanted = new Set<string>();
  const patientNames = new Set<string>();
  let pending: Incoming[] = [];
  let characters = 0;
  let fault: FileFault | null = null;
  let sha256: string | null = null;

  const note = (incoming: Incoming): void => {
    pending.push(incoming);
    characters += incoming.text.length;
    if (incoming.type === 'Patient') for (const name of identifyImported('Patient', incoming.id, incoming.fullUrl).names) patientNames.add(name);
    else if (incoming.patientReference !== null && wanted.size < WANTED_MAX && isNamed(incoming.patientReference)) wanted.add(incoming.patientReference);
  };

  const receive = (event: ResourceStreamEvent): void => {
    if (event.kind === 'fault') fault = streamFault(event);
    else if (event.kind === 'problem') tallySkipped(tally, entryText(event.at), event.code);
    else if (event.kind === 'end') {
      const first = tally.skipped[0];
      if (event.resources === 0 && first !== undefined) fault = { code: 'NOT_FHIR', where: `${first.reason} at ${first.entry}` };
    } else {
      tallyRead(tally, event.type);
      judge.see(event.type, event.value);
      const incoming = incomingOf(event);
      if (incoming.ok) note(incoming.value);
      else tallySkipped(tally, entryText(event.at), incoming.fault.code);
    }
  };

  const self: FileReader = {
    tally,
    wanted,
    patientNames,
    get fault() {
      return fault;
    },
    get pendingResources() {
      return pending.length;
    },
    get pendingCharacters() {
      return characters;
    },
    feed(bytesRead) {
      if (fault !== null) return;
      hash.update(bytesRead);
      for (const event of stream.feed(bytesRead)) receive(event);
    },
    end() {
      if (fault !== null) return;
      sha256 = hash.digest('hex');
      for (const event of stream.end()) receive(event);
      if (fault === null) self.judgeVersion();
    },
    take() {
      const taken = pending;
      pending = [];
      characters = 0;
      return taken;
    },
    judgeVersion() {
      fault ??= versionFault(judge.verdict());
    },
    refuse(because) {
      fault ??= because;
    },
    get sha256() {
      return sha256;
    },
  };
  return self;
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether the reference leads to its patient by a name that only the import can explain. */
function isNamed(reference: string): boolean {
  if (UUID.test(reference)) return false;
  const { kind } = parseReference(reference);
  return kind === 'relative' || kind === 'absolute';
}
