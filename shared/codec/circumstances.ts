import type { Budget } from './budget.ts';
import type { Coder } from './coder.ts';
import type { HexTable } from './hex-column.ts';
import type { KnownList } from './known-list.ts';
import type { RecordTable, ReferenceColumn } from './reference-column.ts';
import type { TextColumn } from './text-column.ts';

/** What every column may lean on while one entry is written or read. */
export type Circumstances = {
  /** Others while a context is learned than while the content itself is written or read. */
  coder: Coder;
  budget: Budget;
  texts: TextColumn;
  readonly records: RecordTable;
  readonly hexes: HexTable;
  /** Every short string of every column. */
  readonly strings: KnownList;
  /** Columns of record ids, by the name of the property they stand under: an encounter is an encounter wherever it stands. */
  readonly references: Map<string, ReferenceColumn>;
  /** What a property of that name last was for a patient: by name and patient. */
  readonly lastReferences: Map<string, string>;
  /** When the entry was written, epoch milliseconds. */
  at: number;
  /** When the record that the entry is about was made, where its entry stands in this content; else as `at`. */
  origin: number;
  /** When entries of this content were written, by segment: from a sequence on. */
  readonly times: Map<string, { readonly from: number; readonly at: number[] }>;
  /** The entry's patient and record, and the number of the patient among those of this content; 0 for none. */
  patient: string | null;
  patientNumber: number;
  record: string | null;
  /** The string last met in this body, by its number; 0 before the first. */
  previousString: number;
};

const NUMBERS = 0x1_0000;

/** What a value was when the same words stood before it for the same patient. */
export function memoryKey({ patientNumber, previousString }: Circumstances): number {
  return patientNumber * NUMBERS + previousString;
}
