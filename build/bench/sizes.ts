/** How much is measured. Patients and resources per patient are those of the generator, which holds them on average. */
export type Extent = { readonly patients: number; readonly resources: number };

export type Sizes = {
  readonly name: 'quick' | 'full';
  /** Imported again and again, beside bare tables and PouchDB. */
  readonly sample: Extent;
  /** The vault in which is charted, searched and measured. */
  readonly clinic: Extent;
  /** Sent to a server on loopback and fetched from there. */
  readonly replicated: Extent;
  /** Counted rounds of a contest. */
  readonly rounds: number;
  readonly commits: number;
  readonly chartOpens: number;
  /** Of each way of asking. */
  readonly searches: number;
  readonly sync: SyncSizes;
};

/** Over the weak line everything takes as long as it takes: runs are few, and some go on at the same time. */
export type SyncSizes = {
  /** In each weather. */
  readonly weekRuns: number;
  /** Weeks behind which urgent entries are charted, and of these entries with nothing under way. */
  readonly urgentRuns: number;
  /** Sent by PouchDB over the weak line, in each weather. */
  readonly pouchDocuments: number;
  readonly nothingNewPatients: readonly number[];
  /** Whose telephone number two workstations change at the same time. */
  readonly mergedPatients: number;
  readonly simulatorSeconds: number;
  /** Charted for a snapshot; a year of them takes too long to write. */
  readonly snapshotWeeks: number;
};

export const CHART_RESOURCES = 2000;

export const QUICK: Sizes = {
  name: 'quick',
  sample: { patients: 200, resources: 40 },
  clinic: { patients: 2000, resources: 10 },
  replicated: { patients: 50, resources: 40 },
  rounds: 3,
  commits: 300,
  chartOpens: 100,
  searches: 60,
  sync: { weekRuns: 1, urgentRuns: 2, pouchDocuments: 150, nothingNewPatients: [1000, 10_000], mergedPatients: 500, simulatorSeconds: 10, snapshotWeeks: 1 },
};

export const FULL: Sizes = {
  name: 'full',
  sample: { patients: 500, resources: 40 },
  clinic: { patients: 50_000, resources: 4 },
  replicated: { patients: 150, resources: 40 },
  rounds: 3,
  commits: 1000,
  chartOpens: 300,
  searches: 200,
  sync: { weekRuns: 4, urgentRuns: 6, pouchDocuments: 300, nothingNewPatients: [1000, 10_000, 50_000], mergedPatients: 2000, simulatorSeconds: 20, snapshotWeeks: 3 },
};
