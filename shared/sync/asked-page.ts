import type { Places, Seeding } from './device-store.ts';
import type { Cursor } from './envelope.ts';
import type { PageHeader, Stream } from './page-header.ts';

/** Pages and the places they lead to: what continues what was asked for, and how each stream counts. */

/** At most one page of each is under way. */
export type Place = 'log' | 'urgent' | 'side';
export const placeOf = ({ kind }: Stream): Place => (kind === 'seed' ? 'log' : kind === 'log' || kind === 'urgent' ? kind : 'side');

/** Why a page is not the continuation of what was asked for; null where it is. */
export function objectionToPage(asked: Stream | undefined, { stream, next, last, mark }: PageHeader): string | null {
  if (asked === undefined) return 'page not asked for';
  if (!sameStream(asked, stream)) return stream.kind === 'log' ? 'page base is not our cursor' : 'page of another stream';
  if (stream.kind === 'seed') return next < stream.after || last < next || (next === stream.after && next < last) ? 'page does not advance' : null;
  const from = stream.kind === 'log' ? stream.after.lsn : stream.kind === 'segment' ? stream.from : stream.after;
  return next <= from || last < next || (stream.kind !== 'segment' && mark === null) ? 'page does not advance' : null;
}

/** What is to be kept of the place behind a page, in the transaction that stores it. */
export function placesBehind({ stream, next, last, mark }: PageHeader, gaps: boolean): Places {
  switch (stream.kind) {
    case 'log': return { cursor: mark === null ? null : { epoch: stream.after.epoch, lsn: next, mark }, seen: null, gaps };
    case 'seed': return seedPlaces(stream.at, next, last);
    case 'segment': return { cursor: null, seen: null, gaps: false };
    default: return { cursor: null, seen: mark === null ? null : { epoch: stream.epoch, lsn: next, mark }, gaps };
  }
}

/** Behind a page of a seed: at its end the cursor is the seed's place; until then that place is the furthest of which anything was read. */
export function seedPlaces(at: Cursor, passed: number, total: number): Places {
  const seeding: Seeding = { at, passed };
  return passed >= total ? { cursor: at, seen: null, gaps: false, seeding: null } : { cursor: null, seen: at, gaps: false, seeding };
}

/** A page that was not taken, as people are told of it. */
export function nameOfPage(stream: Stream): string {
  switch (stream.kind) {
    case 'log': return `page after ${stream.after.lsn}`;
    case 'urgent': return `urgent page after ${stream.after}`;
    case 'segment': return stream.segment;
    case 'patient': return 'page of a patient';
    case 'seed': return `seed after ${stream.after}`;
  }
}

export function sameCursor(left: Cursor, right: Cursor): boolean {
  return left.epoch === right.epoch && left.lsn === right.lsn && left.mark === right.mark;
}

function sameStream(one: Stream, other: Stream): boolean {
  switch (one.kind) {
    case 'log': return other.kind === 'log' && sameCursor(one.after, other.after) && one.urgentSeen === other.urgentSeen;
    case 'urgent': return other.kind === 'urgent' && one.epoch === other.epoch && one.after === other.after;
    case 'patient': return other.kind === 'patient' && one.epoch === other.epoch && one.patient === other.patient && one.after === other.after;
    case 'segment': return other.kind === 'segment' && one.segment === other.segment && one.from === other.from;
    case 'seed': return other.kind === 'seed' && sameCursor(one.at, other.at) && one.after === other.after;
  }
}
