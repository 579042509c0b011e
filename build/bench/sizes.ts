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
};

export const FULL: Sizes = {
  name: 'full',
  sample: { patients: 1000, resources: 40 },
  clinic: { patients: 50_000, resources: 20 },
  replicated: { patients: 250, resources: 40 },
  rounds: 3,
  commits: 1000,
  chartOpens: 300,
  searches: 200,
};
