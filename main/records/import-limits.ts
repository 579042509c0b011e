const KIB = 1024;

/**
 * Files up to both limits together are taken in one transaction: about a third of a second on two shared cores. More
 * at once would write the pages of the indexes less often and let a nurse wait longer.
 */
export const SMALL_FILE_MAX_RESOURCES = 3000;
export const SMALL_FILE_MAX_CHARACTERS = 4 * KIB * KIB;
/** Resources of one slice of a larger file: so long may a nurse's write have to wait. */
export const SLICE_RESOURCES = 1000;
export const SLICE_CHARACTERS = 2 * KIB * KIB;
/** Bytes read between two chances for others. */
export const FEED_BYTES = 256 * KIB;
/** A window that has sent nothing for so long has gone; its import gives way to the next. */
export const IDLE_MAX_MS = 60_000;
/** Finished imports whose reports can still be asked for. */
export const JOBS_KEPT = 20;
/** Staged text grows by so much when it becomes entries, records and their indexes. */
export const GROWTH_WHEN_APPLIED = 3;

export type ImportLimits = { readonly smallResources: number; readonly smallCharacters: number; readonly sliceResources: number; readonly sliceCharacters: number; readonly feedBytes: number };

export const IMPORT_LIMITS: ImportLimits = {
  smallResources: SMALL_FILE_MAX_RESOURCES,
  smallCharacters: SMALL_FILE_MAX_CHARACTERS,
  sliceResources: SLICE_RESOURCES,
  sliceCharacters: SLICE_CHARACTERS,
  feedBytes: FEED_BYTES,
};
