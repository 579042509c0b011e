import { resolve } from 'node:path';
import { DeviceId } from '../../shared/base/ids.ts';
import { refuse } from '../../shared/base/result.ts';
import type { CallOutput } from '../../shared/ipc/contract.ts';
import { done, refused, usage, type Outcome } from './outcome.ts';
import { call, one, secret, signedIn, type Cli } from './session.ts';

/** Status, sync, audit. */

const DAY_MS = 86_400_000;

export async function status(cli: Cli): Promise<Outcome> {
  const shown = await call(cli, 'app.status', {});
  if (!shown.ok) return refused(shown.fault);
  const { state, version } = shown.value;
  if (state === 'setup' || cli.options['user'] === undefined) return done({ status: shown.value }, [`Outpost ${version}: ${state}`]);
  return signedIn(cli, async () => {
    const [opened, light] = [await call(cli, 'app.status', {}), await call(cli, 'sync.status', {})];
    if (!opened.ok) return refused(opened.fault);
    if (!light.ok) return refused(light.fault);
    return done({ status: opened.value, sync: light.value }, [`${opened.value.clinic ?? ''} - ${opened.value.deviceName ?? ''}: ${opened.value.state}`, lightLine(light.value), ...waitingLines(light.value), ...ordersLines(opened.value)]);
  });
}

function lightLine({ enrolled, allSent, unsent, line }: CallOutput<'sync.status'>): string {
  return enrolled ? `${allSent ? 'All sent' : `${unsent} unsent`}; line ${line}` : `Not enrolled; ${unsent} entries kept here`;
}

/** What waits until somebody does something. */
function waitingLines({ refused: held, leaving }: CallOutput<'sync.status'>): string[] {
  const lines = held.map(({ what, code, entries, leaving: staying }) => `NOT TAKEN: ${what} ${code}${entries === 0 ? '' : `, ${entries} entries wait`}${staying === 0 ? '' : `, ${staying} patients cannot leave`}`);
  if (leaving.unsent > 0) lines.push(`To leave this workstation, waiting for what is unsent about them: ${leaving.unsent} patients`);
  if (leaving.open > 0) lines.push(`To leave this workstation, waiting for drafts about them: ${leaving.open} patients`);
  return lines;
}

/** What the organisation said to this workstation. */
function ordersLines({ now, orders }: CallOutput<'app.status'>): string[] {
  if (orders === null) return [];
  const { closed, lease, policy, roster, revokedAt, unread, cosigned } = orders;
  const time = (at: number): string => new Date(at).toISOString();
  const lines = [`Policies: version ${policy.version}, ${Math.max(0, Math.floor((now - policy.issuedAt) / DAY_MS))} days old${roster === null ? '' : `; roster: version ${roster.version}`}`];
  if (lease !== null) lines.push(lease.endsAt === null ? 'Lease: without limit' : `Lease: ${lease.state}, ${lease.state === 'working' ? 'until' : 'ended'} ${time(lease.endsAt)}`);
  if (revokedAt !== null) lines.push(`REVOKED since ${time(revokedAt)}`);
  if (closed !== null) lines.push(`CLOSED: ${closed}`);
  if (unread.length > 0) lines.push(`Orders of a newer version, kept unread: ${unread.join(', ')}`);
  if (cosigned !== null) lines.push(`Co-signed by central: ${cosigned.entries} entries, ${time(cosigned.at)}`);
  return lines;
}

export async function enrol(cli: Cli): Promise<Outcome> {
  const code = cli.options['code-file'] === '-' ? await cli.prompt.ask('', 'secret') : await secret(cli, 'code-file', 'Enrolment code: ');
  if (!code.ok) return refused(code.fault);
  return signedIn(cli, () => one(cli, 'sync.enrol', { code: code.value.trim() }, ({ organization }) => [`Enrolled with ${organization}`]));
}

export async function provision(cli: Cli): Promise<Outcome> {
  const { from } = cli.options;
  if (from === undefined) return usage('provision needs --from DIR');
  return signedIn(cli, () => one(cli, 'sync.provision', { path: resolve(from) }, ({ pages, applied, done: whole }) => [`${applied} entries taken from ${pages} files; ${whole ? 'complete' : 'more is needed'}`]));
}

const PLACE = /^(?:\[([0-9A-Fa-f:]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/;
const NEIGHBOUR = /^([0-9a-f]{16})@(.+)$/;

function placeOf(text: string): { readonly host: string; readonly port: number } | null {
  const match = PLACE.exec(text);
  const host = match?.[1] ?? match?.[2];
  return host === undefined ? null : { host, port: Number(match?.[3]) };
}

/** Without options shows who is there; `--answer` and `--to` change it first. */
export async function neighbours(cli: Cli): Promise<Outcome> {
  const { answer, to } = cli.options;
  const listen = answer === undefined || answer === 'off' ? null : placeOf(answer);
  if (answer !== undefined && answer !== 'off' && listen === null) return usage('--answer takes HOST:PORT, or off');
  const others = to === undefined || to === 'none' ? [] : to.split(',').map((each) => {
    const [, device, rest = ''] = NEIGHBOUR.exec(each.trim()) ?? [];
    const place = placeOf(rest);
    const id = DeviceId.safeParse(device);
    return id.success && place !== null ? { device: id.data, ...place } : null;
  });
  if (others.includes(null)) return usage('--to takes ID@HOST:PORT, several with commas between, or none');
  return signedIn(cli, async () => {
    if (answer !== undefined) {
      const answered = await call(cli, 'neighbours.answer', { listen });
      if (!answered.ok) return refused(answered.fault);
    }
    if (to !== undefined) {
      const set = await call(cli, 'neighbours.set', { neighbours: others.filter((each) => each !== null) });
      if (!set.ok) return refused(set.fault);
    }
    return one(cli, 'neighbours.status', {}, ({ id, answering, answeringFault, neighbours: known }) => [
      `This workstation: ${id}${answering === null ? ', answers nobody' : `, answers at ${answering.address}`}${answeringFault === null ? '' : ` (${answeringFault})`}`,
      ...(answering === null || answering.callers.length === 0 ? [] : [`Connected here: ${answering.callers.map(({ device, name }) => name ?? device).join(', ')}`]),
      ...known.map(({ device, name, address, state, fault, safe, seenAt, received }) => `${device}@${address}${name === null ? '' : ` (${name})`}: ${state}${fault === null ? '' : ` (${fault})`}, ${safe} of our entries safe there, ${received} came by it, ${seenAt === null ? 'never answered' : `last answered ${new Date(seenAt).toISOString()}`}`),
    ]);
  });
}

export const sync = (cli: Cli): Promise<Outcome> =>
  signedIn(cli, () => one(cli, 'sync.now', {}, ({ allSent, unsent, bytesSent, bytesReceived }) => [`${allSent ? 'All sent' : `${unsent} unsent`}; ${bytesSent} bytes sent, ${bytesReceived} received`]));

export const verify = (cli: Cli): Promise<Outcome> =>
  signedIn(cli, async () => {
    const verified = await call(cli, 'audit.verify', {});
    if (!verified.ok) return refused(verified.fault);
    const { ok: holds, ...report } = verified.value;
    const { entries, segments, checkpoints, firstBad, projection, cosigned, lags } = report;
    const signed = cosigned === null ? [] : [`Co-signed by central: ${cosigned.entries} of ${cosigned.of} own entries${cosigned.at === null ? '' : `, up to ${new Date(cosigned.at).toISOString()}`}`];
    const late = lags.map(({ deviceName, lane, held, sealed, sealedAt, alarm }) => `${alarm ? 'MISSING' : 'Not here yet'}: ${sealed - held} entries of ${deviceName} (${lane}), signed there ${new Date(sealedAt).toISOString()}`);
    const unjudged = report.deliberate.unjudged === 0 ? [] : [`Not judged here, where some patients only are held: the ends of ${report.deliberate.unjudged} lanes of other workstations; central can tell`];
    if (holds) return done({ ...verified.value }, [`Holds: ${entries} entries, ${segments} segments, ${checkpoints} checkpoints, the chart equals its ledger`, ...signed, ...late, ...unjudged]);
    const { entry = '', position = 0, problem = '' } = firstBad ?? {};
    return refused(refuse('LEDGER_BROKEN', { entry, position, problem }).fault, { ...report, projection }, [`DOES NOT HOLD: entry ${entry} at ${position}: ${problem}`]);
  });

export async function exportTrail(cli: Cli): Promise<Outcome> {
  const { out, from, to } = cli.options;
  const [start = null, end = null] = [from, to].map((text) => (text === undefined ? null : Date.parse(text)));
  if (out === undefined || Number.isNaN(start) || Number.isNaN(end)) return usage('audit export needs --out FILE, and takes --from and --to as ISO times');
  return signedIn(cli, () => one(cli, 'audit.export', { path: resolve(out), from: start, to: end }, ({ lines, bytes }) => [`${lines} lines, ${bytes} bytes written to ${out}`]));
}
