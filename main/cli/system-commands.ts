import { resolve } from 'node:path';
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
    return done({ status: opened.value, sync: light.value }, [`${opened.value.clinic ?? ''} - ${opened.value.deviceName ?? ''}: ${opened.value.state}`, lightLine(light.value), ...ordersLines(opened.value)]);
  });
}

function lightLine({ enrolled, allSent, unsent, line }: CallOutput<'sync.status'>): string {
  return enrolled ? `${allSent ? 'All sent' : `${unsent} unsent`}; line ${line}` : `Not enrolled; ${unsent} entries kept here`;
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

export const sync = (cli: Cli): Promise<Outcome> =>
  signedIn(cli, () => one(cli, 'sync.now', {}, ({ allSent, unsent, bytesSent, bytesReceived }) => [`${allSent ? 'All sent' : `${unsent} unsent`}; ${bytesSent} bytes sent, ${bytesReceived} received`]));

export const verify = (cli: Cli): Promise<Outcome> =>
  signedIn(cli, async () => {
    const verified = await call(cli, 'audit.verify', {});
    if (!verified.ok) return refused(verified.fault);
    const { ok: holds, ...report } = verified.value;
    const { entries, segments, checkpoints, firstBad, projection, cosigned } = report;
    const signed = cosigned === null ? [] : [`Co-signed by central: ${cosigned.entries} of ${cosigned.of} own entries${cosigned.at === null ? '' : `, up to ${new Date(cosigned.at).toISOString()}`}`];
    if (holds) return done({ ...verified.value }, [`Holds: ${entries} entries, ${segments} segments, ${checkpoints} checkpoints, the chart equals its ledger`, ...signed]);
    const { entry = '', position = 0, problem = '' } = firstBad ?? {};
    return refused(refuse('LEDGER_BROKEN', { entry, position, problem }).fault, { ...report, projection }, [`DOES NOT HOLD: entry ${entry} at ${position}: ${problem}`]);
  });

export async function exportTrail(cli: Cli): Promise<Outcome> {
  const { out, from, to } = cli.options;
  const [start = null, end = null] = [from, to].map((text) => (text === undefined ? null : Date.parse(text)));
  if (out === undefined || Number.isNaN(start) || Number.isNaN(end)) return usage('audit export needs --out FILE, and takes --from and --to as ISO times');
  return signedIn(cli, () => one(cli, 'audit.export', { path: resolve(out), from: start, to: end }, ({ lines, bytes }) => [`${lines} lines, ${bytes} bytes written to ${out}`]));
}
