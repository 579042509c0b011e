import type { TLSSocket } from 'node:tls';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { Random } from '../../shared/base/world.ts';
import type { DeviceId } from '../../shared/base/ids.ts';
import { framesOf } from '../../shared/sync/frame.ts';
import { createHubConversation } from '../../shared/sync/hub-core.ts';
import { createHubSession, type HubSession } from '../../shared/sync/hub-session.ts';
import { TRUNK_ALPN } from '../../shared/sync/limits.ts';
import type { RefusalCode } from '../../shared/sync/message.ts';
import { encodeMessage } from '../../shared/sync/message-codec.ts';
import { dataRecord } from '../../shared/sync/trunk-wire.ts';
import { certificateFingerprint, DAY_MS, issueDeviceCertificate, issueServerCertificate, parseCertificate, SERVER_CERTIFICATE_LIFE_MS } from '../authority/certificates.ts';
import type { OrganizationKeys } from '../authority/key-adapter.ts';
import { serveEnrolment } from '../enrolment/enrolment.ts';
import { createHubOrders } from '../orders/hand-out.ts';
import { watchOrders } from '../orders/watch.ts';
import { openDatabase } from '../store/database.ts';
import { keepCertificate } from '../store/devices.ts';
import { PROGRESS_EVERY_MS, trackProgress } from '../store/device-progress.ts';
import { createHubLog } from '../store/hub-log.ts';
import type { Sql, StoreFault } from '../store/sql.ts';
import { StoreError } from '../store/store-error.ts';
import { createLine, isEndOfLine, type Line } from '../wire/line.ts';
import { createWireServer } from '../wire/server.ts';
import { watchLine, type Heard } from '../wire/line-watch.ts';
import { steadyClock, systemTimers, type HubClock, type HubTimers } from '../world.ts';
import { createSyncCrypto } from './cipher.ts';
import { identifyPeer, type Peer } from './peer.ts';
import { relayNews } from './relay.ts';
import { createTrunks, type Carried } from './trunks.ts';

/** Well within half the certificate's life, and below what a timer can hold (2^31 ms). */
const SERVER_RENEWAL_MS = Math.min(SERVER_CERTIFICATE_LIFE_MS / 2, 20 * DAY_MS);

/** One workstation has up to three lines, and for a moment those it has given up. More are somebody's who has its keys, and take nobody else's place. */
const LINES_OF_ONE_DEVICE_MAX = 8;

export type Hub = { readonly host: string; readonly port: number; /** Open as long as the hub is. */ readonly sql: Sql; close(): Promise<void> };
export type HubOptions = {
  readonly home: string;
  /** Of a PostgreSQL database; null for the encrypted file in the home. */
  readonly databaseUrl: string | null;
  readonly keys: OrganizationKeys;
  readonly host: string;
  readonly port: number;
  readonly clock: HubClock;
  /** The machine's own where nothing is said. */
  readonly steady?: HubClock;
  readonly random: Random;
  /** How long it waits for others; the machine's own where nothing is said. */
  readonly timers?: HubTimers;
  /** What happens, for the operator's log: codes and ids only. */
  readonly onEvent?: (event: { readonly code: string; readonly device: string | null; readonly detail: string | null }) => void;
};

/** Central, listening. One process; an administrator's commands may work on the same folder meanwhile. */
export async function startHub(options: HubOptions): Promise<Result<Hub, StoreFault | 'STORE_ELSEWHERE'>> {
  const { keys, clock, random, timers = systemTimers } = options;
  const opened = await openDatabase(options.home, keys, { url: options.databaseUrl, clock, random });
  if (!opened.ok) return opened;
  const sql = opened.value;
  const progress = trackProgress(createHubLog(sql, clock, random), sql, clock);
  const { store } = progress;
  const crypto = createSyncCrypto({ openWith: keys.sealing, signWith: keys.signing });
  const ordersWorld = { sql, cells: sql.cells, organization: keys.id, sign: crypto.sign, signing: keys.signing, clock, random };
  const sessions = new Set<HubSession>();
  const lines = new Map<DeviceId, readonly Line[]>();
  const tell = (code: string, device: string | null = null, detail: string | null = null): void => options.onEvent?.({ code, device, detail });

  const relay = await relayNews(sql, (news) => {
    for (const session of sessions) session.news(news);
  });

  const serveSync = async (socket: TLSSocket): Promise<void> => {
    const line = createLine(socket, timers);
    const isTrunk = socket.alpnProtocol === TRUNK_ALPN;
    const peer = await identifyPeer(socket, sql, keys.authority.certificate, clock.now()).catch(unavailable);
    if (!peer.ok) {
      tell(peer.fault.code, null, String(peer.fault.detail?.['rule'] ?? ''));
      await refuseAndEnd(line, peer.fault.code, isTrunk);
      return;
    }
    const { device } = peer.value;
    const [oldest, ...others] = lines.get(device) ?? [];
    lines.set(device, [...(oldest === undefined ? [] : [oldest]), ...others, line]);
    if (others.length + 1 >= LINES_OF_ONE_DEVICE_MAX) oldest?.cut();
    const watch = watchLine(line, timers, () => server.welcome(socket));
    try {
      await (isTrunk ? trunks.serve({ ...peer.value, socket, line, heard: watch.heard }) : serveLine(socket, line, peer.value, watch.heard));
    } finally {
      watch.stop();
      lines.set(device, (lines.get(device) ?? []).filter((each) => each !== line));
      if (lines.get(device)?.length === 0) lines.delete(device);
      line.end();
    }
  };

  /** The hub's half of a conversation, whatever carries its frames. */
  const open = ({ device, access }: Peer, write: (bytes: Uint8Array) => Promise<void>, onClose: () => void): Carried => {
    tell('CONNECTED', device, access);
    const conversation = createHubConversation({ organization: keys.id, device, access, store, crypto, now: () => Math.floor(clock.now()), renew: (record, request) => renewCertificate(sql, options, record.device, request), orders: createHubOrders(ordersWorld, device) });
    const session = createHubSession({
      conversation,
      write,
      onNews: (news) => {
        relay.told(news.latest);
        for (const other of sessions) if (other !== session) other.news(news);
      },
      onClose,
    });
    sessions.add(session);
    return {
      session,
      over() {
        session.stop();
        if (sessions.delete(session)) tell('DISCONNECTED', device);
      },
      failed(error) {
        tell('FAILED', device, nameOf(error));
        // Nothing was acknowledged that is not held; the device keeps its queue and comes back.
        return error instanceof StoreError ? refusalFrames('BUSY') : [];
      },
    };
  };

  /** A conversation over one line of its own, as devices of before hold it. */
  const serveLine = async (socket: TLSSocket, line: Line, peer: Peer, heard: Heard): Promise<void> => {
    const carried = open(peer, line.write, line.end);
    try {
      for await (const chunk of socket as AsyncIterable<Uint8Array>) {
        await carried.session.push(chunk);
        heard(chunk.length, carried.session.heard());
      }
    } catch (error) {
      // A line that breaks is the ordinary end of one; anything else is ours and is told, without its message.
      if (!isEndOfLine(socket, error)) for (const frame of carried.failed(error)) await line.write(frame);
    } finally {
      carried.over();
    }
  };
  const trunks = createTrunks({ begin: open, now: (options.steady ?? steadyClock).now, after: timers.after });

  const identity = await issueServerCertificate(keys.authority, clock, random);
  const server = createWireServer({
    identity,
    authority: keys.authority.certificate,
    timers,
    onSync: (socket) => void serveSync(socket),
    onEnrol: (socket) => void serveEnrolment({ socket, sql, keys, clock, random, timers, onEvent: tell }),
    onRefused: (code) => tell('TLS_REFUSED', null, code),
  });
  const stopWatching = watchOrders(sql, () => {
    // Whose look fails hears of it with the next word, or not at all: a database that is away ends nobody here.
    for (const session of sessions) session.look().catch((error: unknown) => tell('FAILED', null, nameOf(error)));
  }, (error) => tell('FAILED', null, nameOf(error)));
  const renewServer = async (): Promise<void> => server.present(await issueServerCertificate(keys.authority, clock, random));
  const renewal = setInterval(() => void renewServer(), SERVER_RENEWAL_MS);
  renewal.unref();
  const noteProgress = (): Promise<void> => progress.flush().catch((error: unknown) => tell('FAILED', null, nameOf(error)));
  const noting = setInterval(() => void noteProgress(), PROGRESS_EVERY_MS);
  noting.unref();

  try {
    const { host, port } = await server.listen(options.host, options.port);
    return ok({
      host,
      port,
      sql,
      async close() {
        clearInterval(renewal);
        stopWatching();
        trunks.close();
        for (const session of sessions) session.stop();
        relay.close();
        await server.close();
        clearInterval(noting);
        await noteProgress();
        await sql.close();
      },
    });
  } catch (error) {
    clearInterval(renewal);
    clearInterval(noting);
    stopWatching();
    relay.close();
    await sql.close();
    throw error;
  }
}

/** The database is away: whoever it is may come back. */
function unavailable(error: unknown): Result<never, 'BUSY'> {
  if (error instanceof StoreError) return refuse('BUSY', { rule: error.code });
  throw error;
}

/** Class and system code of an error; its message may quote what nobody should read in a log. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? `${error.name} ${error.code}` : error.name;
}

const refusalFrames = (code: RefusalCode): readonly Uint8Array[] => framesOf(encodeMessage({ type: 'refused', refused: { code } }));

/** All that is said to somebody whose conversation does not begin. */
async function refuseAndEnd(line: Line, code: RefusalCode, isTrunk: boolean): Promise<void> {
  for (const [number, frame] of refusalFrames(code).entries()) await line.write(isTrunk ? dataRecord(number, frame) : frame);
  line.end();
}

async function renewCertificate(sql: Sql, { keys, clock, random }: HubOptions, device: DeviceId, request: string): Promise<string | null> {
  const certificate = await issueDeviceCertificate(keys.authority, device, request, clock, random);
  if (certificate === null) return null;
  const parsed = parseCertificate(certificate);
  await sql.write('devices', (tx) => keepCertificate(tx, clock, device, { fingerprint: certificateFingerprint(parsed), expiresAt: Date.parse(parsed.validTo) }));
  return certificate;
}
