import { createFileKeystore, nodeDisk, openVault, PASSWORD_COST_FLOOR, type Disk } from '../../main/vault/vault.ts';
import { systemClock, systemRandom } from '../../main/world.ts';

/** Erases the vault of a folder and is killed (SIGKILL, by itself) before its n-th change of the disk: `FOLDER PASSWORD N`. */
const [folder = '', password = '', killBefore = ''] = process.argv.slice(2);
let left = Number.POSITIVE_INFINITY;

const counted = <Arguments extends readonly unknown[], Value>(change: (...args: Arguments) => Promise<Value>) => async (...args: Arguments): Promise<Value> => {
  if (left === 0) process.kill(process.pid, 'SIGKILL');
  left -= 1;
  return change(...args);
};
const disk: Disk = { ...nodeDisk, writeNew: counted(nodeDisk.writeNew), rename: counted(nodeDisk.rename), syncFolder: counted(nodeDisk.syncFolder), remove: counted(nodeDisk.remove) };

const vault = await openVault({ folder, disk, random: systemRandom, clock: systemClock, keystore: createFileKeystore({ folder, disk }), cost: PASSWORD_COST_FLOOR, companions: ['anchor.json'] });
const unlocked = await vault.unlock('root', password);
if (!unlocked.ok) throw new Error(unlocked.fault.code);
left = Number(killBefore);
const erased = await vault.erase(unlocked.value.keys, { at: Date.now(), by: 'Test organization' });
if (!erased.ok) throw new Error(erased.fault.code);
await vault.finishErasure();
