import { PERFECT_LINE, type Act, type LinePlan, type Plan } from './act.ts';

/** Makes a failing world smaller while it still breaks the same rule: operations first, then faults, then machines. */
export type Fails = (plan: Plan) => Promise<boolean>;

/** Trials at most; a world takes milliseconds. */
const TRIALS_MAX = 3000;

export async function shrink(plan: Plan, fails: Fails): Promise<{ readonly plan: Plan; readonly trials: number }> {
  let smallest = plan;
  let trials = 0;
  const attempt = async (candidate: Plan): Promise<void> => {
    if (trials >= TRIALS_MAX) return;
    trials += 1;
    if (await fails(candidate)) smallest = candidate;
  };

  /** Drops ever smaller runs of the acts that fit, from the end, as long as the world still fails (delta debugging). */
  const dropActs = async (fits: (act: Act) => boolean): Promise<void> => {
    for (let size = Math.max(1, smallest.acts.filter(fits).length >> 1); size >= 1; size >>= 1) {
      for (let end = smallest.acts.filter(fits).length; end > 0; end -= size) {
        const doomed = new Set(smallest.acts.filter(fits).slice(Math.max(0, end - size), end));
        if (doomed.size > 0) await attempt({ ...smallest, acts: smallest.acts.filter((act) => !doomed.has(act)) });
      }
    }
  };

  const calmLine = async (): Promise<void> => {
    for (const name of Object.keys(PERFECT_LINE) as (keyof LinePlan)[]) {
      if (smallest.line[name] !== PERFECT_LINE[name]) await attempt({ ...smallest, line: { ...smallest.line, [name]: PERFECT_LINE[name] } });
    }
  };

  const dropMachines = async (): Promise<void> => {
    for (let device = smallest.devices.length - 1; device >= 0; device -= 1) {
      const acts = smallest.acts.filter((act) => !('device' in act) || act.device !== device).map((act) => ('device' in act && act.device > device ? { ...act, device: act.device - 1 } : act));
      if (smallest.devices.length > 1) await attempt({ ...smallest, acts, devices: smallest.devices.filter((_, index) => index !== device) });
    }
  };

  const calmClocks = async (): Promise<void> => {
    if (smallest.devices.some(({ skewMs, driftPpm }) => skewMs !== 0 || driftPpm !== 0)) await attempt({ ...smallest, devices: smallest.devices.map((device) => ({ ...device, skewMs: 0, driftPpm: 0 })) });
  };

  for (;;) {
    const before = smallest;
    await dropActs((act) => act.do === 'write');
    await dropActs((act) => act.do !== 'write');
    await dropMachines();
    await calmLine();
    await calmClocks();
    if (smallest === before) break;
  }
  return { plan: smallest, trials };
}

/** A plan as somebody would tell it, one act a line. */
export function tell(plan: Plan): string {
  const { seed, devices, line, acts, horizonMs } = plan;
  const lines = acts.map(({ at, ...act }) => `${String(at).padStart(10)} ms  ${JSON.stringify(act)}`);
  return [`seed ${seed}, ${devices.length} workstations, ${horizonMs} ms`, ...devices.map((device, index) => `workstation ${index}: ${JSON.stringify(device)}`), `line: ${JSON.stringify(line)}`, ...lines].join('\n');
}
