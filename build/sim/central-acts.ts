import type { HubAct, Plan, Strike } from './act.ts';
import type { SimCentral } from './sim-central.ts';

/** What a plan's acts do to central, whatever its disk is. */
export type CentralActs = {
  perform(act: HubAct): Promise<void> | void;
  /** A standby receives what central has now. To be said before each act. */
  mirror(): void;
  heal(): void;
};

/** Puts a disk back to what it was when this was made. */
export type Load = () => Promise<void> | void;
export type CentralSetup = {
  readonly plan: Plan;
  readonly central: SimCentral;
  readonly strike: (strike: Strike | null) => void;
  readonly image: () => Load;
  /** Of the disk: another number where it may have changed. */
  readonly version: () => number;
  /** Central goes on from an earlier state of its disk. */
  readonly goBack: (load: Load) => Promise<void> | void;
};

const FAILOVER_IMAGES = 8;

export function createCentralActs({ plan, central, strike, image, version, goBack }: CentralSetup): CentralActs {
  const lagging = plan.acts.some((act) => act.do === 'hub-failover');
  let backup: Load | null = null;
  /** Recent states of central's disk, as standbys that lag behind hold them. */
  let standbys: readonly { readonly version: number; readonly load: Load }[] = [];
  return {
    mirror() {
      if (lagging && standbys.at(-1)?.version !== version()) standbys = [...standbys, { version: version(), load: image() }].slice(-FAILOVER_IMAGES);
    },
    perform(act) {
      switch (act.do) {
        case 'hub-crash': return central.restart();
        case 'hub-strike': return strike(act.strike);
        case 'hub-backup':
          backup = image();
          return undefined;
        case 'hub-restore': return backup === null ? undefined : goBack(backup);
        case 'hub-failover': {
          const standby = standbys[Math.max(0, standbys.length - 1 - act.lag)];
          return standby === undefined ? undefined : goBack(standby.load);
        }
        case 'hub-busy':
          central.busy = act.busy;
          return undefined;
        case 'hub-version':
          central.speech = act.speech;
          return central.restart();
      }
    },
    heal() {
      central.busy = false;
      strike(null);
      const { liar, speech } = central;
      central.liar = null;
      if (plan.upgraded === true) central.speech = 'this';
      if (liar !== null || central.speech !== speech) central.restart();
    },
  };
}
