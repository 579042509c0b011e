import type { DeviceAct } from './act.ts';
import type { Workstation } from './machine-parts.ts';

/** What concerns one workstation alone, whatever its disk is. */
export type MachineAct = Extract<DeviceAct, { readonly do: 'line' | 'cut' | 'crash' | 'renew' | 'strike' | 'disk-full' | 'clock' | 'version' }>;

export function actOnMachine(workstation: Workstation, act: MachineAct): void {
  switch (act.do) {
    case 'line': return workstation.online(act.up);
    case 'cut': return workstation.line()?.cut(act.style);
    case 'crash': return workstation.restart();
    case 'renew': return workstation.renew();
    case 'strike': return workstation.strike(act.strike);
    case 'disk-full': return workstation.fill(act.full);
    case 'clock':
      workstation.clock.jump(act.jumpMs);
      return workstation.clock.stick(act.stuck);
    case 'version': return workstation.upgrade(act.reader, act.speech ?? workstation.speech());
  }
}

/** No fault of its own from now on, and on the line; `upgraded`: and of this release. */
export function healMachine(workstation: Workstation, upgraded = false): void {
  if (!workstation.running()) return;
  if (upgraded && workstation.speech() !== 'this') workstation.upgrade(workstation.reader(), 'this');
  workstation.strike(null);
  workstation.fill(false);
  workstation.clock.stick(false);
  workstation.online(true);
}
