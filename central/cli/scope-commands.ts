import { DeviceId } from '../../shared/base/ids.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { setDeviceScope, setDeviceSite, type ScopeFault } from '../orders/scope.ts';
import type { Issuing } from '../orders/issue.ts';
import { scopeView, type ScopeView } from '../store/scope-decisions.ts';
import type { ScopeCommand } from './scope-options.ts';

type Outcome = { readonly data: Readonly<Record<string, unknown>>; readonly lines: readonly string[] };

export async function runScopeCommand(command: ScopeCommand, issuing: Issuing): Promise<Result<Outcome, ScopeFault>> {
  const device = DeviceId.parse(command.device);
  switch (command.name) {
    case 'scope-show': {
      const view = await scopeView(issuing.sql, device);
      return view === null ? refuse('NOT_FOUND', { device }) : ok(shown(device, view));
    }
    case 'scope-set': return outcome(device, await setDeviceScope(issuing, device, command.rule));
    case 'site-set': return outcome(device, await setDeviceSite(issuing, device, command.site));
  }
}

function outcome(device: DeviceId, done: Result<ScopeView, ScopeFault>): Result<Outcome, ScopeFault> {
  return done.ok ? ok(shown(device, done.value)) : done;
}

/** Patients are counted, and named to programs alone: a record id on a screen says nothing to a person. */
function shown(device: DeviceId, view: ScopeView): Outcome {
  const { rule, site, held, entering, leaving } = view;
  const whom = rule.everything ? 'every patient' : `patients seen at ${rule.catchments.length === 0 ? 'no place' : rule.catchments.join(', ')}, and ${rule.patients.length} by name`;
  const underWay = entering + leaving === 0 ? [] : [`on the way: ${entering} in, ${leaving} out, done when the workstation says so`];
  return {
    data: { device, everything: rule.everything, catchments: rule.catchments, patients: rule.patients, site, held, entering, leaving },
    lines: [`${device} holds ${whom}`, `stands at ${site ?? 'no place'}`, ...(rule.everything ? [] : [`${held} patients are held`]), ...underWay],
  };
}
