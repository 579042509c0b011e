/**
 * Clinical reads and writes. Promises: every write is one entry with a grant, a signed entry is amended and never
 * changed, and what is read is what the ledger folds to.
 */
export { readBanner } from './banner.ts';
export { readChart, readTimeline, readTrend } from './chart.ts';
export { amend, chart, finishEncounter, type WrittenRecord } from './charting.ts';
export { askAbout, resolveConflict, settleItem } from './conflict-decide.ts';
export type { Asker } from './conflict-questions.ts';
export { viewConflict } from './conflict-view.ts';
export { listConflicts, otherChart } from './conflicts.ts';
export { listDrafts, loadDraft, removeDraft, saveDraft } from './drafts.ts';
export { exportRecords, type Exported, type ExportRequest } from './export.ts';
export { createImports, type Imports, type ImportWorld } from './import.ts';
export { createDiskSource, type FileSource, type SourceFile } from './import-source.ts';
export { toPatientLine } from './lines.ts';
export { amendDemographics, noteRecent, recentPatients, registerPatient } from './patients.ts';
export { keepNumberPrefix, numberPrefixOf } from './number-prefix.ts';
export { readRecord } from './record-detail.ts';
export { resourceTextOf } from './resource-text.ts';
export { createSearchCache, duplicateCandidates, searchPatients, type SearchCache } from './search.ts';
