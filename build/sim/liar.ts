import type { DeviceId } from '../../shared/base/ids.ts';
import type { Bundle } from '../../shared/sync/bundle.ts';
import { HubEpoch } from '../../shared/sync/envelope.ts';
import type { Hi, Message, Position, RejectionCode } from '../../shared/sync/message.ts';
import type { SeededRandom } from '../fixtures/seeded-random.ts';

/**
 * Somebody between central and its workstations who has taken central's place on the line and has none of its keys: says
 * old things again, leaves some out, changes whatever is not signed, and gives one what was meant for another.
 */
export const TRICKS = ['withhold', 'repeat', 'old greeting', 'greeting', 'far cursor', 'receipt', 'other page', 'rejection', 'list', 'news', 'other push'] as const;
export type Trick = (typeof TRICKS)[number];
export type LiarPlan = { readonly tricks: readonly Trick[]; /** Per message. */ readonly often: number };

export type Liar = {
  /** What becomes of a message of central's to this workstation. */
  down(device: DeviceId, message: Message): readonly Message[];
  /** What becomes of one of the workstation's to central, and what is answered in central's place. */
  up(device: DeviceId, message: Message): { readonly passed: readonly Message[]; readonly answers: readonly Message[] };
};

type Heard = { readonly device: DeviceId; readonly message: Message };
const HEARD_MAX = 200;
const FAR = 1_000_000;
/** But for FORK and QUARANTINED, and for heads that differ in a list: that a history is contradicted is believed on central's bare word, and that closes it (SYN-222). */
const REJECTIONS: readonly RejectionCode[] = ['GAP', 'BAD_HASH', 'MALFORMED', 'OTHER_OWNER', 'UNKNOWN_PREVIOUS'];

export function createLiar({ tricks, often }: LiarPlan, random: SeededRandom, onTrick: (trick: Trick) => void): Liar {
  const has = new Set(tricks);
  let fromCentral: readonly Heard[] = [];
  let fromDevices: readonly Heard[] = [];

  const does = (trick: Trick): boolean => {
    const done = has.has(trick) && random.chance(often);
    if (done) onTrick(trick);
    return done;
  };
  const known = <Type extends Message['type']>(heard: readonly Heard[], type: Type, fits: (device: DeviceId) => boolean): Extract<Message, { type: Type }> | null => {
    const found = heard.flatMap(({ device, message }) => (message.type === type && fits(device) ? [message as Extract<Message, { type: Type }>] : []));
    return found.length === 0 ? null : random.pick(found);
  };
  const about = (count: number): number => Math.max(0, count + random.between(-3, 3));
  const bent = (positions: readonly Position[]): Position[] => positions.map((each) => (random.chance(0.5) ? { ...each, length: about(each.length) } : { ...each }));

  /** A greeting with something in it that is not so. */
  const falseGreeting = (hi: Hi): Hi =>
    random.pick<() => Hi>([
      () => ({ ...hi, positions: bent(hi.positions) }),
      () => ({ ...hi, held: about(hi.held), holds: 'ab'.repeat(32) }),
      () => {
        const { holds: _, ...rest } = hi;
        return { ...rest, held: about(hi.held) };
      },
      () => ({ ...hi, latest: random.chance(0.5) ? hi.latest + FAR : about(hi.latest), urgent: about(hi.urgent ?? 0) }),
      () => ({ ...hi, cursor: { ...hi.cursor, lsn: 0, mark: '0'.repeat(16) } }),
      () => {
        const epoch = HubEpoch.parse(random.between(0, FAR).toString(16).padStart(16, '0'));
        return { ...hi, epoch, cursor: { epoch, lsn: 0, mark: '0'.repeat(16) } };
      },
      () => ({ ...hi, receivedAt: hi.receivedAt + FAR * FAR }),
      () => ({ ...hi, version: 1 }),
    ])();

  const greeting = (device: DeviceId, hi: Hi): Hi => {
    const old = does('old greeting') ? known(fromCentral, 'hi', (of) => of === device) : null;
    const said = old === null ? hi : { ...old.hi, positions: hi.positions };
    if (does('far cursor') && said.tip !== undefined) return { ...said, cursor: said.tip };
    return does('greeting') ? falseGreeting(said) : said;
  };

  /** The message in this one's place; null where it is left as it is. */
  const changed = (device: DeviceId, message: Message): Message | null => {
    switch (message.type) {
      case 'hi': return { type: 'hi', hi: greeting(device, message.hi) };
      case 'receipt': {
        if (!does('receipt')) return null;
        const other = known(fromCentral, 'receipt', () => true);
        if (other !== null && random.chance(0.5)) return other;
        return { type: 'receipt', receipt: { ...message.receipt, length: message.receipt.length + 1, ...(random.chance(0.5) ? { epoch: message.receipt.epoch } : { lsn: message.receipt.lsn + 1 }) } };
      }
      case 'page': return does('other page') ? known(fromCentral, 'page', (of) => random.chance(0.5) || of === device) : null;
      case 'positions': return does('list') ? { ...message, positions: bent(message.positions) } : null;
      case 'wanted': return does('list') ? { ...message, segments: bent(message.segments) } : null;
      case 'taken': return does('list') ? { ...message, length: about(message.length) } : null;
      case 'rolled':
        if (!does('list')) return null;
        return { ...message, segments: message.segments.slice(random.between(0, 1))};
      case 'rejected': return does('rejection') ? { type: 'rejected', rejected: { ...message.rejected, code: random.pick(REJECTIONS), length: about(message.rejected.length) } } : null;
      case 'news': return does('news') ? { ...message, latest: random.chance(0.5) ? message.latest + FAR : about(message.latest), urgent: about(message.urgent ?? 0) } : null;
      default: return null;
    }
  };

  /** For a batch that is kept from central: all of a receipt but central's signature is known to whoever sees the batch. */
  const receiptsFor = (device: DeviceId, { runs }: Bundle): readonly Message[] => {
    const model = known(fromCentral, 'receipt', (of) => of === device);
    return model === null ? [] : runs.map(({ segment, from, count, head }) => ({ type: 'receipt', receipt: { ...model.receipt, segment, length: from + count, head } }));
  };

  return {
    down(device, message) {
      fromCentral = [...fromCentral, { device, message }].slice(-HEARD_MAX);
      if (message.type !== 'hi' && does('withhold')) return [];
      // In the place of a receipt: that it was not taken.
      if (message.type === 'receipt' && does('rejection')) return [{ type: 'rejected', rejected: { code: random.pick(REJECTIONS), segment: message.receipt.segment, from: Math.max(0, message.receipt.length - 1), length: about(message.receipt.length) } }];
      const said = changed(device, message) ?? message;
      const again = message.type !== 'hi' && does('repeat') ? known(fromCentral, message.type, (of) => of === device) : null;
      return again === null ? [said] : [said, again];
    },
    up(device, message) {
      fromDevices = [...fromDevices, { device, message }].slice(-HEARD_MAX);
      if (message.type !== 'bundle' && message.type !== 'push') return { passed: [message], answers: [] };
      const forged = message.type === 'bundle' && does('receipt') ? receiptsFor(device, message.bundle) : [];
      if (forged.length > 0) return { passed: [], answers: forged };
      const theirs = does('other push') ? known(fromDevices, message.type, (of) => of !== device) : null;
      return { passed: theirs === null ? [message] : [theirs, message], answers: [] };
    },
  };
}
