import type { DeviceCore } from '../../shared/sync/device-core.ts';
import type { DeviceEvent } from '../../shared/sync/device-session.ts';
import { encodeReceipt, signedBytes } from '../../shared/sync/envelope.ts';
import { signRenewal } from '../../shared/sync/renewal.ts';
import type { SyncLight } from '../../main/sync/sync-light.ts';
import type { Membership } from '../../main/sync/sync-state.ts';
import type { SeededRandom } from '../fixtures/seeded-random.ts';
import { byteLines, parcelLines, type Lines, type Session } from './line-kinds.ts';
import { ORGANIZATION, type Driven, type MachineSetup, type MachineSurroundings } from './machine-parts.ts';
import type { Parts } from './parts.ts';
import { PowerCut } from './power.ts';
import { createSimLine, type LineEnds, type SimLine } from './sim-line.ts';
import { deviceSpeaks, versionsOf } from './speech.ts';

/**
 * A workstation's process in virtual time, on whatever disk and ledger it is given, modelled or shipped: dials, holds its
 * conversation, ticks, and starts again after a power cut. Wired as main/sync/sync.ts and conversation.ts wire it.
 */
const MEMBERSHIP = { organization: ORGANIZATION, organizationName: 'Simulated', host: '127.0.0.1', port: 1, authority: '', certificate: '', sealingKey: '', hubSigningKey: '' } satisfies Membership;
/** Batches small enough that a handful of entries makes several. */
const BATCH_BYTES = { least: 800, most: 6000 } as const;
/** So many of them may be under way. */
const WINDOW_BATCHES_MAX = 8;
/** Where messages travel whole, so often over a trunk of several connections. */
const TRUNK_CHANCE = 0.6;
const TICK_MS = { busy: 4000, idle: 120_000 } as const;
const CHANGE_SEEN_MS = 1000;
const NOTHING_MOVED = { sent: 0, received: 0 } as const;

type Connection = { readonly life: number; readonly session: Omit<Session<never>, 'push'>; readonly core: DeviceCore; readonly line: LineEnds };

export const randomBytes = (random: SeededRandom) => ({ bytes: (count: number): Uint8Array => Uint8Array.from({ length: count }, () => random.between(0, 255)) });

export function createMachine(around: MachineSurroundings, setup: MachineSetup): Driven {
  const { parts, now, schedule } = around;
  const { device, clock, random, crypto } = setup;
  let light: SyncLight;
  let pace: ReturnType<Parts['createPace']>;
  let connection: Connection | null = null;
  let allowed = false;
  let off = false;
  let life = 0;
  let changeSeen = false;
  let dialing = false;
  /** Central has answered on this connection. */
  let greeted = false;

  const begin = (): void => {
    life += 1;
    const source = setup.begin();
    pace = parts.createPace(randomBytes(random));
    light = parts.createSyncLight(source, clock);
    dialing = false;
    changeSeen = false;
    if (allowed) dialAfter(random.between(0, 500));
  };
  const drop = (): void => {
    const current = connection;
    connection = null;
    current?.session.stop();
    current?.line.endAtDevice();
  };
  const again = (prepare: () => void): void => {
    drop();
    prepare();
    begin();
  };

  const struck = (cause: unknown, mine: number): void => {
    if (!(cause instanceof PowerCut)) throw cause;
    if (mine === life) again(setup.cut);
  };
  const attempt = <Value>(work: () => Value): Value | null => {
    const mine = life;
    try {
      const value = work();
      setup.rested();
      return value;
    } catch (cause) {
      struck(cause, mine);
      return null;
    }
  };
  /** Runs a step of this machine; a power cut starts it again. What need not wait does not. */
  const step = (work: () => Promise<void> | void): Promise<void> | void => {
    const mine = life;
    try {
      const running = off ? undefined : work();
      if (running === undefined) return setup.rested();
      return running.then(setup.rested, (cause: unknown) => struck(cause, mine));
    } catch (cause) {
      struck(cause, mine);
    }
    return undefined;
  };
  /** Later, unless this process has ended by then. */
  const later = (afterMs: number, work: () => Promise<void> | void): void => {
    const mine = life;
    schedule(afterMs, () => (mine === life ? step(work) : undefined));
  };

  const dialAfter = (afterMs: number): void => {
    if (dialing) return;
    dialing = true;
    later(afterMs, () => {
      dialing = false;
      if (allowed && connection === null) return dial();
      return undefined;
    });
  };

  /** main/sync/sync.ts `over`. */
  const over = (code: Parameters<SyncLight['ended']>[0]['code'], rule: unknown): void => {
    drop();
    light.ended({ code }, NOTHING_MOVED);
    light.persist();
    if (rule === 'no progress') pace.stalled();
    if (allowed) dialAfter(pace.wait('line'));
  };

  /** What is asked for says nothing here: the certificates are not simulated, the conversation is. */
  const renew = (): void => {
    const request = `a certificate for ${device}`;
    connection?.session.send({ type: 'renew', request, signature: signRenewal(crypto.sign, request) });
  };

  const onEvent = (event: DeviceEvent): void => {
    setup.onEvent(event, connection?.life ?? 0);
    if (event.do === 'close') return over(event.fault.code, event.fault.detail?.['rule']);
    if (event.do === 'greeted') greeted = true;
    if (event.do === 'renew') return renew();
    if (event.do === 'renewed' && !greeted) return over('RENEWED', null);
    if (event.do === 'acknowledged' || event.do === 'received') pace.progressed();
    light.event(event);
    if (event.do === 'refused' && light.refused(event.what, event.code)) setup.onRefused(event);
    if (connection?.core.view().settled === true) pace.settled();
    return undefined;
  };

  const dial = (): Promise<void> | void => (around.parcels ? dialOver(parcelLines(around.central, device)) : dialOver(byteLines(parts, around.central, device, setup.speech())));

  const dialOver = <Load>({ cargo, accept, make }: Lines<Load>): Promise<void> | void => {
    light.connecting();
    greeted = false;
    const line: SimLine<Load> = createSimLine({
      cargo, plan: around.line, overtaking: around.parcels && around.trunks && random.fork(`trunk ${life} ${now()}`).chance(TRUNK_CHANCE), random: random.fork(`line ${life} ${now()}`), now, schedule,
      atHub: (chunk) => hubEnd?.push(chunk),
      atDevice: (load) => {
        if (connection?.line !== line) return undefined;
        return step(async () => {
          if (connection?.line !== line) return;
          await session.push(load);
          await session.drained();
        });
      },
      hubEnded: () => hubEnd?.ended(),
      deviceEnded: () => {
        if (connection?.line === line) void step(() => over('OFFLINE', 'line ended'));
      },
    });
    const hubEnd = accept(() => line);
    if (hubEnd === null) return over('OFFLINE', 'busy');
    const batchTargetBytes = random.between(BATCH_BYTES.least, BATCH_BYTES.most);
    const sizes = { ...pace.sizes(), batchTargetBytes, windowBytes: batchTargetBytes * random.between(1, WINDOW_BATCHES_MAX) };
    const made = deviceSpeaks(setup.speech(), parts.createDeviceCore({
      organization: ORGANIZATION, device, application: 'simulated', store: setup.store(), sha256: crypto.sha256, compression: crypto.compression, recoverOwn: true, verify: crypto.verify,
      verifyReceipt: (receipt) => crypto.verify(around.hubSigningKey, signedBytes('receipt', encodeReceipt(receipt)), receipt.signature),
      codecs: around.codecs, ...(crypto.repertoire === undefined ? {} : { repertoire: crypto.repertoire }), ...versionsOf(setup.speech()), ...sizes,
    }));
    const core = setup.watched(made, sizes);
    const session = make({
      core, crypto, organization: ORGANIZATION, device, organizationSealingKey: around.organizationSealingKey, hubSigningKey: around.hubSigningKey,
      now: () => ({ wall: clock.now(), steady: now() }), write: (load) => line.up(load), onEvent: (event) => (connection?.session === session ? onEvent(event) : undefined),
    });
    connection = { life: hubEnd.life, session, core, line };
    session.start();
    tickLater(session);
    return session.drained();
  };

  const tickLater = (session: Connection['session']): void => {
    if (connection?.session !== session) return;
    later(connection.core.view().settled ? TICK_MS.idle : TICK_MS.busy, () => {
      if (connection?.session !== session) return undefined;
      session.tick();
      tickLater(session);
      return session.drained();
    });
  };

  const wrote = (): void => {
    if (changeSeen || connection === null) return;
    changeSeen = true;
    later(setup.urgent() ? 0 : random.between(0, CHANGE_SEEN_MS), () => {
      changeSeen = false;
      connection?.session.localChange();
      return connection?.session.drained();
    });
  };

  const machine: Driven['machine'] = {
    core: () => connection?.core ?? null,
    connected: () => connection !== null,
    light: () => light.view(MEMBERSHIP, connection?.core.view() ?? null, NOTHING_MOVED),
    line: () => connection?.line ?? null,
    deceived: () => connection?.line.halfDead() === true,
    renew() {
      if (greeted) renew();
    },
    restart: () => again(setup.killed),
    online(up) {
      if (off || allowed === up) return;
      allowed = up;
      if (up) dialAfter(0);
      else if (connection !== null) {
        drop();
        light.ended({ code: 'STOPPED' }, NOTHING_MOVED);
      }
    },
    switchOff() {
      allowed = false;
      drop();
      off = true;
      life += 1;
    },
    running: () => !off,
  };
  return { machine, start: begin, attempt, wrote };
}
