import {
  acknowledgesEarly, allMarkedSent, backfillsOnce, cursorFirst, cursorLast, dropsUnknown, neverBackfills, numbersBeforeCommit, pageInPart, readsByClock, truncates, type Variant,
} from './variant.ts';

/**
 * Mistakes that a simulator worth its name has to notice: those of the prototype's mutation suite (research, 3g), its own
 * errors, and the bugs of other systems that could be made here (research, table 1b). Each is a change of the shipped
 * sources in a copy of them, or a disk that breaks its contract. What is harmless has to pass.
 */
export type Patch = { readonly file: string; readonly from: string; readonly to: string };
export type Mutation = {
  readonly name: string;
  /** Where the mistake was made before. */
  readonly of: string;
  readonly harmless?: boolean;
  readonly patches?: readonly Patch[];
  readonly variant?: Variant;
};

const patch = (file: string, from: string, to: string): Pick<Mutation, 'patches'> => ({ patches: [{ file, from, to }] });
const RULES = 'shared/sync/hub-rules.ts';
const GREETING = 'shared/sync/greeting.ts';
const UPLOAD = 'shared/sync/device-upload.ts';
const CORE = 'shared/sync/device-core.ts';
const READING = 'shared/sync/device-reading.ts';
const POSITIONS = 'shared/sync/own-positions.ts';
const MERGE = 'shared/records/merge.ts';
const CLOCK = 'shared/ledger/hybrid-clock.ts';

export const MUTATIONS: readonly Mutation[] = [
  { name: 'a truncated batch is accepted', of: 'prototype', variant: { hub: truncates } },
  { name: 'the cursor is kept before the entries', of: 'prototype; RxDB 5843', variant: { disk: cursorFirst } },
  { name: 'the hub applies twice', of: 'prototype', ...patch(RULES, "{ do: 'replay' } : { do: 'append', skip: facts.length - header.from }", "{ do: 'append', skip: 0 } : { do: 'append', skip: 0 }") },
  {
    name: 'the hub accepts gaps', of: 'prototype',
    patches: [
      { file: RULES, from: "  if (header.from > facts.length) return reject('GAP');\n", to: '' },
      { file: RULES, from: "  if (facts.previous === null) return reject('GAP');\n", to: "  if (facts.previous === null) return { do: 'append', skip: 0 };\n" },
    ],
  },
  { name: 'the losing value is forgotten', of: 'prototype; Tamanu, Simple, Watermelon', ...patch(MERGE, 'conflict: { severity, basis, since: secondWritten(meanings) }', 'conflict: null') },
  { name: 'a restored hub goes on as if nothing was lost', of: 'prototype', ...patch(RULES, 'return { lost, at:', 'return { lost: false, at: current !== undefined ? { lsn: current.lsn, mark: current.mark } :') },
  { name: 'nobody gives a restored hub back what others wrote', of: 'prototype', variant: { disk: neverBackfills } },
  { name: 'a restored workstation goes on with its old segments', of: 'prototype; cr-sqlite 380', variant: { resumes: true } },
  { name: 'an old version drops what it does not understand', of: 'prototype', variant: { disk: dropsUnknown } },
  { name: 'clocks are the cursor', of: 'prototype; Actual, Watermelon', variant: { hub: readsByClock } },
  { name: 'any clock in the future is believed', of: 'prototype; Actual 8904', ...patch(CLOCK, '  if (remote[0] > wallMs + REMOTE_LEAD_MAX_MS) return local;\n', '') },
  { name: 'a page is taken whatever it continues', of: 'prototype', ...patch('shared/sync/asked-page.ts', 'if (!sameStream(asked, stream)) return', 'if (asked.kind !== stream.kind) return') },

  { name: 'what is owed to a restored hub is offered once', of: "prototype's own error 5", variant: { disk: backfillsOnce } },
  {
    name: 'only so many segments are offered', of: "prototype's own error 4; Actual 8941",
    patches: [{ file: POSITIONS, from: 'return toAsk.splice(0, HELLO_SEGMENTS_MAX).map(position);', to: 'return toAsk.splice(0, 2).map(position);' }, { file: POSITIONS, from: 'if (asking.length > 0 || toAsk.length === 0) return null;', to: 'return null;' }],
  },
  { name: 'a fork passes for a repetition', of: "prototype's own error 3", patches: [
    { file: RULES, from: "  if (!equalBytes(header.previous, facts.previous)) return reject('FORK', true);\n", to: '' },
    { file: RULES, from: 'if (sent !== undefined && !equalBytes(sent.hash, held))', to: 'if (sent === undefined)' },
  ] },
  { name: 'acknowledged before it is durable', of: 'prototype (a control there: receipts were hints)', variant: { hub: acknowledgesEarly } },

  { name: 'a wrong clock stops sync', of: 'Actual 3786', ...patch(CORE, "phase = 'open';", "if (Math.abs(hi.receivedAt - watch.helloAt()) > 300_000) return close('PROTOCOL_ERROR', { rule: 'clock' });\n    phase = 'open';") },
  { name: 'the clock counts beyond its bits', of: 'Actual 8706', ...patch(CLOCK, 'return counter < COUNTER_MAX ? [ms, counter + 1] : [ms + 1, 0];', 'return [ms, counter + 1];') },
  { name: 'what a restored hub had acknowledged is not sent again', of: 'CHT 8093', ...patch(UPLOAD, "check.differs() ? 'listing' : 'same'", "'same'") },
  { name: 'what receipts cover is believed of a restored hub', of: 'found here', ...patch(UPLOAD, ' && proof.complete(positions.find)', '') },
  { name: 'where two histories part is not looked for', of: 'found here', ...patch(UPLOAD, 'if (common.differs && common.length < state.acknowledged)', 'if (state.acknowledged < 0)') },
  { name: 'what central has in quarantine is written to again', of: 'found here', ...patch(UPLOAD, 'const closed = store.close(segment);\n        return', 'const closed = ok(null);\n        return') },
  { name: 'the position is remembered and not asked', of: 'CHT 5235, PouchDB 3999', ...patch(UPLOAD, 'state.sent = Math.min(window.reach(segment, length), state.length);', 'state.sent = state.length;') },
  { name: 'every connection reads from the beginning', of: 'PouchDB 3999', ...patch(RULES, 'at: found === undefined ?', 'at: found === undefined || lost || !lost ?') },
  { name: 'a dead line is waited for', of: 'PouchDB 8462, PowerSync 308', ...patch(CORE, "close('OFFLINE', { rule: 'no progress' })", '[]') },
  { name: 'what is written during a sync is left behind', of: 'PowerSync 1058, CHT 5108', ...patch(CORE, '      upload.refresh();\n      return proceed(now);', '      return proceed(now);') },
  { name: 'a refused batch is never tried again', of: 'PowerSync native 15', ...patch(UPLOAD, 'if (!window.joins(segment, length)) state.sent = Math.min(length, state.length);\n      positions.wake(segment, state);\n', '') },
  { name: 'the whole sync stops over an unsent edit', of: 'Tamanu', ...patch(READING, '    page(header, runs, now) {\n', "    page(header, runs, now) {\n      if (store.unacknowledged().length > 0) return { is: 'broken', rule: 'edited meanwhile' };\n") },
  { name: 'the place is kept and part of the page is not', of: 'RxDB 5571', variant: { disk: pageInPart } },
  { name: 'a number can be passed before it is seen', of: 'bigserial cursors: Hasura 8632, Hexclave 1958', variant: { hub: numbersBeforeCommit } },
  { name: 'a receipt marks everything as sent', of: 'field lessons D1, D2', variant: { disk: allMarkedSent } },
  { name: 'the winner looks random', of: 'Yjs 573', ...patch(MERGE, 'return compareHybrid(right.clock, left.clock) || (left.entry', 'return (left.entry') },
  { name: 'the larger value wins', of: 'cr-sqlite', ...patch(MERGE, 'return compareHybrid(right.clock, left.clock) || (left.entry', "return (right.value ?? '').localeCompare(left.value ?? '') || compareHybrid(right.clock, left.clock) || (left.entry") },
  { name: 'the order of arrival decides', of: 'cr-sqlite, Corrosion 352', ...patch(MERGE, 'const newest = heads.toSorted(newestFirst);', 'const newest = [...heads];') },
  { name: 'what came over a line from before a restore is news to nobody', of: 'found here', ...patch('shared/sync/hub-core.ts', 'return [...grown, ...restored()];', 'return restored();') },
  { name: 'what was superseded comes back', of: 'PouchDB 6666, Watermelon 1462, Ditto', ...patch('shared/records/merge-record.ts', 'settings.filter((setting) => setting.superseded).map', 'settings.filter((setting) => setting.superseded && setting.present).map') },
  { name: 'what the next release adds to a greeting ends the conversation', of: 'found here', ...patch('shared/sync/message.ts', 'export const Hi = z.looseObject({', 'export const Hi = z.strictObject({') },
  { name: 'a message of the next release ends the conversation', of: 'found here', ...patch('shared/sync/message-codec.ts', 'if (type >= OPTIONAL_TYPE_FROM) return decodeOrderMessage(type, bytes.subarray(1));', '') },
  { name: 'the version a workstation likes best is taken', of: 'found here', ...patch('shared/sync/hub-core.ts', 'versions.find((each) => message.versions.includes(each))', 'message.versions[0]') },
  { name: 'who comes with an ended certificate is not heard', of: 'found here', ...patch('shared/sync/hub-core.ts', "      if (message.type === 'renew') return renew(message, record);\n", '') },
  { name: 'an author whom the roster does not name yet is nobody', of: 'found here', ...patch('shared/sync/judge-runs.ts', 'authorKey(author) ?? met.get(author)', 'authorKey(author)') },
  { name: 'a receipt is believed whoever gave it', of: 'found here', ...patch(CORE, "    if (!options.verifyReceipt(signed)) return broken('receipt signature');\n", '') },
  { name: 'a reader begins wherever it is told to', of: 'found here', ...patch(GREETING, "return isOurs(store, hi) ? null : 'cursor neither ours nor one we passed';", 'return null;') },

  { name: 'entries first, the cursor in a second transaction', of: 'prototype control; Electric 1245', harmless: true, variant: { disk: cursorLast } },
  { name: 'every receipt is given twice', of: 'prototype control: receipts may be repeated', harmless: true, ...patch('shared/sync/hub-core.ts', 'return [answer, ...grown];', 'return [answer, answer, ...grown];') },
];
