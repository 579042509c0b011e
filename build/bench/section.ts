import type { Figure, Findings } from './figure.ts';
import type { PouchProcess } from './pouch.ts';

/** A part of the benchmark that can be chosen by its name. `peer`: PouchDB is measured beside it. */
export type Section = { readonly name: string; readonly peer: boolean; readonly measure: (pouch: PouchProcess | null) => Promise<Findings | readonly Figure[]> };

/** Says how far it is, to whoever waits. */
export type Say = (line: string) => void;
