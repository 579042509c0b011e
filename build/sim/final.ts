import { equalBytes } from '../../shared/base/bytes.ts';
import type { DeviceId, EntryId, RecordId } from '../../shared/base/ids.ts';
import { CHAIN_START, chainHash } from '../../shared/ledger/entry.ts';
import type { WireEntry } from '../../shared/sync/entry-codec.ts';
import { oracle } from './oracle.ts';
import { createProjection } from './projection.ts';
import type { SimWorkstation } from './sim-workstation.ts';
import { standInSha256 } from './stand-in-crypto.ts';
import type { World } from './world.ts';

/** What must hold once everything has healed and come to rest. */

/** The newest reader any simulated workstation has. */
const NEWEST_READER = 2;

export function finalProblems(world: World): void {
  const judged = new Map<string, string>();
  for (const workstation of world.workstations()) {
    if (world.revoked(workstation.device)) continue;
    compareWithHub(world, workstation);
    judgePromises(world, workstation);
    judgeChart(world, workstation, judged);
    // Where a bit of the greeting is another, or all of it, a reader may be told to begin further behind than it is.
    if (world.central.life === 0 && world.plan.line.flip === 0 && world.plan.liar === undefined && workstation.disk.repeated() > 0) world.judge.report('SYN-120', `${workstation.device} read ${workstation.disk.repeated()} entries again`);
    if (!world.forked(workstation) && workstation.light().allSent !== (workstation.disk.unsent() === 0)) world.judge.report('SYN-121', `${workstation.device} at rest does not say that all is sent`);
  }
  judgeReceipts(world);
  const [first] = world.workstations().filter(({ device }) => !world.revoked(device) && !world.hub.scopes.isPartial(device));
  if (first !== undefined) {
    judgeChains(world, first);
    judgeUpgrade(world, first);
  }
}

/** Hub and workstation hold the same entries, but for what is out of scope and for segments in which two histories contradict each other. */
function compareWithHub(world: World, { device, disk }: SimWorkstation): void {
  const { judge, hub } = world;
  const segments = hub.segments();
  const known = new Map(segments.map((segment) => [segment.id, segment]));
  const inScope = ({ patient }: WireEntry): boolean => patient === null || hub.scopes.wants(device, patient);
  for (const { id, entries, quarantined } of segments) {
    const mine = disk.segments.get(id);
    if (quarantined || mine?.closed === true || world.corrupted.has(id)) continue;
    const wanted = mine?.own === true ? entries : entries.filter(inScope);
    const held = wanted.filter(({ sequence }) => mine?.entries[sequence] !== undefined && mine.entries[sequence].body !== null);
    if (held.length < wanted.length) judge.report('SYN-110', `${device} holds ${held.length} of ${wanted.length} of ${id}`);
    if (held.some(({ sequence, hash }) => !equalBytes(hash, mine?.entries[sequence]?.hash ?? CHAIN_START))) judge.report('SYN-110', `${device} holds another ${id}`);
    if (mine?.own !== true && hub.scopes.isPartial(device)) judgeScope(world, device, mine?.entries ?? [], inScope);
  }
  const narrowed = world.central.life > 0 && world.plan.acts.some((act) => act.do === 'scope');
  for (const { id, entries, acknowledged, closed, own, device: author } of disk.segments.values()) {
    const theirs = known.get(id);
    // Nobody has reason to doubt a history but where two machines wrote under one name; and then everybody else has the one that central let through.
    if (closed && (!world.cloned(author) || (!own && world.central.life === 0))) judge.report('SYN-114', `${device} closed ${id} of ${author}`);
    if (theirs?.quarantined === true && !world.cloned(author)) judge.report('SYN-114', `central closed ${id} of ${author}`);
    if (own && theirs?.quarantined === true && !closed && acknowledged < entries.length) judge.report('SYN-222', `${device} goes on with ${id}, which central has closed`);
    if (own && !world.corrupted.has(id)) judgeCovered(world, device, entries.slice(0, acknowledged), theirs?.entries ?? []);
    if (closed || theirs?.quarantined === true || world.corrupted.has(id)) continue;
    const length = theirs?.entries.length ?? 0;
    // Who held a part gives back what it can prove when it has read to the end; what becomes provable later it keeps (decision 0016).
    const given = own || !narrowed ? entries.length : 0;
    if (given < entries.length) judge.saw('chain held in part');
    if (length < given) judge.report('SYN-111', `the hub lacks ${given - length} of ${id}, ${own ? 'own' : 'foreign'} to ${device} which has them`);
  }
}

/** What receipts cover is at central, in this very history, whatever has become of the segment. */
function judgeCovered({ judge }: World, device: DeviceId, covered: readonly WireEntry[], held: readonly WireEntry[]): void {
  const last = covered.at(-1);
  if (last === undefined) return;
  judge.saw('receipts compared');
  const there = held[last.sequence];
  if (there === undefined || !equalBytes(there.hash, last.hash)) judge.report('SYN-220', `${device} takes ${covered.length} entries of ${last.segment} for held, which central does not hold so`);
}

/** Of nobody outside its scope a workstation holds what others wrote. */
function judgeScope({ judge }: World, device: DeviceId, entries: readonly WireEntry[], inScope: (entry: WireEntry) => boolean): void {
  const outside = entries.filter((entry) => entry.body !== null && !inScope(entry));
  if (outside.length > 0) judge.report('SYN-118', `${device} holds ${outside.length} entries of patients outside its scope`);
  judge.saw('scope looked at');
}

/** What somebody was told is kept, is kept; what cannot leave this machine is said, never only left. */
function judgePromises({ judge, corrupted }: World, workstation: SimWorkstation): void {
  const { device, disk, events } = workstation;
  for (const { segment, sequence, hash } of judge.kept(workstation)) {
    if (!equalBytes(disk.segments.get(segment)?.entries[sequence]?.hash ?? CHAIN_START, hash)) judge.report('SYN-111', `${device} wrote ${segment}.${sequence} and does not have it`);
  }
  for (const { id, own, entries, acknowledged, closed } of disk.segments.values()) {
    // That it is closed is shown as long as it is.
    if (!own || closed || acknowledged === entries.length || !corrupted.has(id)) continue;
    judge.saw('changed row not sent');
    if (!events.some((event) => event.do === 'refused' && event.what === id)) judge.report('SYN-114', `${device} holds ${id} back and never said so`);
  }
}

/** What central acknowledged it holds, unless it went back and whoever wrote it lost it as well. */
function judgeReceipts({ judge, hub, central, corrupted, revoked, all }: World): void {
  for (const { device, receipt } of judge.acknowledged()) {
    const { segment, length, head } = receipt;
    const author = all().find((each) => each.device === device && each.running());
    const lostByBoth = central.life > 0 && (author === undefined || judge.replacedDisk(device) || revoked(device) || corrupted.has(segment));
    if (!lostByBoth && !hub.holds(segment, length, head)) judge.report('SYN-111', `${segment} was acknowledged to ${length} and central does not hold it`);
  }
}

const entriesOf = ({ disk }: SimWorkstation): WireEntry[] => disk.shown();

/** The same for the same entries, in whatever order they came. */
function digestOf(entries: readonly WireEntry[]): string {
  let low = 0;
  let high = 0;
  for (const { hash } of entries) {
    low = (low + ((hash[0] ?? 0) | ((hash[1] ?? 0) << 8) | ((hash[2] ?? 0) << 16) | ((hash[3] ?? 0) << 24))) | 0;
    high = (high + ((hash[4] ?? 0) | ((hash[5] ?? 0) << 8) | ((hash[6] ?? 0) << 16) | ((hash[7] ?? 0) << 24))) | 0;
  }
  return `${entries.length} ${low} ${high}`;
}

/** The same entries make the same chart everywhere, and it is the chart that follows from the entries alone. */
function judgeChart(world: World, workstation: SimWorkstation, judged: Map<string, string>): void {
  if ([...workstation.disk.segments.keys()].some((id) => world.corrupted.has(id))) return;
  const entries = entriesOf(workstation);
  const key = `${workstation.reader()} ${digestOf(entries)}`;
  const projection = workstation.projection();
  const text = projection.text();
  const other = judged.get(key);
  if (other !== undefined) {
    world.judge.saw('chart compared');
    if (other !== text) world.judge.report('SYN-110', `${workstation.device} shows another chart of the same entries`);
    return;
  }
  judged.set(key, text);
  const truth = oracle(entries, workstation.reader());
  if (truth.circle !== null) {
    if (world.all().some(({ device }) => world.cloned(device))) return world.judge.saw('values in a circle');
    world.judge.report('SYN-112', `${workstation.device}: ${truth.circle} was superseded by nobody who lives`);
  }
  const open = new Set(projection.conflicts().map(({ record, element }) => `${record} ${element}`));
  for (const { record, element, live, conflict } of truth.elements) {
    const heads = projection.heads(record as RecordId, element);
    const ids = heads.map(({ entry }): EntryId => entry).toSorted();
    if (ids.join() !== live.join()) world.judge.report('SYN-112', `${workstation.device}: ${element} has the heads ${ids.join()} and not ${live.join()}`);
    if (live.length > 1) world.judge.saw('several live values');
    if (conflict !== null) world.judge.saw('conflict');
    if (open.delete(`${record} ${element}`) !== (conflict !== null)) world.judge.report('SYN-113', `${workstation.device}: ${element} ${conflict === null ? 'is no conflict' : 'is a conflict and not listed'}`);
  }
  for (const left of open) world.judge.report('SYN-113', `${workstation.device} lists a conflict over ${left} that is none`);
  const values = projection.values();
  for (const { record, element, value } of truth.elements) {
    if ((values.get(`${record} ${element}`) ?? null) !== value) world.judge.report('SYN-112', `${workstation.device}: ${element} is ${String(values.get(`${record} ${element}`))} and should be ${String(value)}`);
  }
}

/** Every chain is whole: contiguous, and each hash follows from the one before. */
function judgeChains(world: World, { device, disk }: SimWorkstation): void {
  for (const { id, entries, closed } of disk.segments.values()) {
    // Of who was narrowed once parts may be left that central itself has lost.
    if (closed || world.corrupted.has(id) || entries.findIndex((entry) => entry === undefined) >= 0) continue;
    world.judge.saw('chain walked');
    let hash = CHAIN_START as Uint8Array;
    for (const [index, entry] of entries.entries()) {
      hash = chainHash(standInSha256, hash, entry.headerText);
      if (entry.sequence !== index || !equalBytes(hash, entry.hash)) return world.judge.report('SYN-114', `${device}: ${id} breaks at ${index}`);
    }
  }
}

/** An old version kept what it could not read: folded by the newest one, it is what that one would have shown all along. */
function judgeUpgrade(world: World, workstation: SimWorkstation): void {
  if (world.corrupted.size > 0) return;
  const upgraded = createProjection(world.parts, NEWEST_READER);
  for (const entry of entriesOf(workstation)) upgraded.fold(entry);
  const native = createProjection(world.parts, NEWEST_READER);
  const rows = world.hub.segments().flatMap(({ entries }) => entries);
  if (digestOf(rows) !== digestOf(entriesOf(workstation))) return;
  for (const entry of rows) native.fold(entry);
  world.judge.saw('upgrade compared');
  if (upgraded.text() !== native.text()) world.judge.report('SYN-117', `${workstation.device} shows another chart after an upgrade`);
}
