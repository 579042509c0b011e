import type { CallOutput } from '../../shared/ipc/contract.ts';
import type { CallState } from '../outpost/queries.ts';
import { formatNumber, formatTime } from '../ui/format.ts';
import { faultSentence } from '../words/faults.ts';
import { frameWords } from '../words/frame.ts';
import { keystoreWords } from '../words/keystore.ts';
import { setupWords as words } from '../words/setup.ts';
import type { Verified } from './use-verdict.ts';

export type PartName = keyof typeof words.parts;
export type PartVerdict = { readonly part: PartName; readonly state: 'waiting' | 'works' | 'attention' | 'fails'; readonly words: string };

export type PartAnswers = {
  readonly status: CallState<'app.status'>;
  readonly search: CallState<'patients.search'>;
  readonly staff: CallState<'staff.list'>;
  readonly sync: CallState<'sync.status'>;
  readonly verified: Verified;
};

/** What each part's answer means. Only an answer that was really given makes a part "work". */
export function judgeParts({ status, search, staff, sync, verified }: PartAnswers, zone: string): readonly PartVerdict[] {
  return [
    judge('vault', status, (value) => (value.state === 'unlocked' ? ['works', words.vaultOpen] : ['fails', words.vaultShut])),
    judge('keystore', status, ({ keystoreLevel }) => [isSafeKeystore(keystoreLevel) ? 'works' : 'attention', keystoreWords(keystoreLevel)]),
    judge('clock', status, (value) => (value.clock === 'ok' ? ['works', words.clockFine(formatTime(value.now, zone))] : ['fails', words.clockSuspect])),
    judge('records', staff, (value) => ['works', words.recordsRead(value.staff.length)]),
    judgeAccess(search),
    judgeTrail(verified),
    judge('central', sync, (value) => (value.enrolled ? ['works', words.centralJoined(frameWords.line[value.line])] : ['attention', words.centralAlone])),
  ];
}

type Answer<Value> = { readonly at: 'loading' } | { readonly at: 'ready'; readonly value: Value } | { readonly at: 'failed'; readonly fault: Parameters<typeof faultSentence>[0] };

function judge<Value>(part: PartName, answer: Answer<Value>, read: (value: Value) => readonly [PartVerdict['state'], string]): PartVerdict {
  if (answer.at === 'loading') return { part, state: 'waiting', words: '' };
  if (answer.at === 'failed') return { part, state: 'fails', words: faultSentence(answer.fault) };
  const [state, text] = read(answer.value);
  return { part, state, words: text };
}

/** The first user is an administrator, to whom patients are closed: a refusal by the rules is the proof that they act. */
function judgeAccess(search: CallState<'patients.search'>): PartVerdict {
  if (search.at === 'failed' && search.fault.code === 'DENIED') return { part: 'access', state: 'works', words: words.accessRefuses };
  return judge('access', search, () => ['works', words.accessPermits]);
}

function judgeTrail(verified: Verified): PartVerdict {
  if (verified === null) return { part: 'trail', state: 'waiting', words: '' };
  if (!verified.ok) return { part: 'trail', state: 'fails', words: faultSentence(verified.fault) };
  return trailHolds(verified.value) ? { part: 'trail', state: 'works', words: words.trailHolds(formatNumber(verified.value.entries)) } : { part: 'trail', state: 'fails', words: words.trailBroken };
}

function trailHolds(report: CallOutput<'audit.verify'>): boolean {
  return report.ok && report.firstBad === null && report.projection === 'equal';
}

/** The levels of keystore adapters at which a copied disk alone opens nothing (security design 3.1). */
export function isSafeKeystore(level: string): boolean {
  return level === 'tpm' || level === 'os';
}
