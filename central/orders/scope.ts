import type { DeviceId } from '../../shared/base/ids.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { ScopeRule } from '../../shared/sync/scope.ts';
import { deviceOf } from '../store/devices.ts';
import { noteEvent } from '../store/events.ts';
import { decideScope, moveDevice, placeWithPast, scopeView, type ScopeView } from '../store/scope-decisions.ts';
import type { Writes } from '../store/sql.ts';
import { refreshRoster, type Issuing } from './issue.ts';

/** What an operator decides of which patients a workstation holds. Events say who decided, and count patients instead of naming them. */
export type ScopeFault = 'NOT_FOUND' | 'DEVICE_REVOKED';

export async function setDeviceScope(world: Issuing, device: DeviceId, rule: ScopeRule): Promise<Result<ScopeView, ScopeFault>> {
  const what = rule.everything ? 'everything' : `${rule.catchments.length === 0 ? 'no place' : rule.catchments.join(' ')}, ${rule.patients.length} by name`;
  return decided(world, device, 'SCOPE_SET', what, (tx) => decideScope(tx, device, rule));
}

/** `site`: null takes the place away. The first place a device gets is that of all it wrote until then. */
export async function setDeviceSite(world: Issuing, device: DeviceId, site: string | null): Promise<Result<ScopeView, ScopeFault>> {
  return decided(world, device, 'SITE_SET', site ?? 'nowhere', async (tx) => {
    const before = await scopeView(tx, device);
    if (site !== null && before?.site === null) await placeWithPast(tx, device, site);
    await moveDevice(tx, device, site);
  });
}

async function decided(world: Issuing, device: DeviceId, code: string, what: string, decide: (tx: Writes) => Promise<void>): Promise<Result<ScopeView, ScopeFault>> {
  const { sql, clock, by } = world;
  const done = await sql.write('log', async (tx): Promise<Result<ScopeView, ScopeFault>> => {
    const known = await deviceOf(tx, device);
    if (known === null) return refuse('NOT_FOUND', { device });
    if (known.state === 'revoked') return refuse('DEVICE_REVOKED', { device });
    await decide(tx);
    await noteEvent(tx, clock, { device, code, what: `by ${by}: ${what}` });
    const view = await scopeView(tx, device);
    if (view === null) throw new Error('broken assumption: a device that is known can be looked at');
    return ok(view);
  });
  // Neighbours learn from the roster whom they may hand everything. Were this cut short, the next greeting would do it.
  if (done.ok) await sql.write('orders', (tx) => refreshRoster(tx, world));
  return done;
}
