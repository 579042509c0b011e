import { join } from 'node:path';
import { flipFuses, FuseState, getCurrentFuseWire } from '@electron/fuses';
import type { AfterPackContext } from 'electron-builder';
import { FUSES, wrongFuses } from './fuses.ts';
import { inspectPackage } from './inspect-package.ts';

/** electron-builder's hook between packing and signing. @throws where a fuse did not take or a file may not ship. */
export async function afterPack(context: AfterPackContext): Promise<void> {
  // Not electron-builder's own way to the fuses: the library it brings along knows only eight of the nine.
  const executable = executableOf(context);
  await flipFuses(executable, FUSES);
  const wire = await getCurrentFuseWire(executable);
  const wrong = wrongFuses((option) => (wire[option] === FuseState.ENABLE ? true : wire[option] === FuseState.DISABLE ? false : null));
  if (wrong.length > 0) throw new Error(`fuses that did not take: ${wrong.join(', ')}`);
  const findings = inspectPackage(join(context.packager.getResourcesDir(context.appOutDir), 'app.asar'));
  if (findings.length > 0) throw new Error(`may not ship:\n${findings.join('\n')}`);
}

function executableOf({ appOutDir, electronPlatformName, packager }: AfterPackContext): string {
  if (electronPlatformName === 'linux') return join(appOutDir, packager.appInfo.name.toLowerCase());
  return join(appOutDir, `${packager.appInfo.productFilename}${electronPlatformName === 'win32' ? '.exe' : '.app'}`);
}

// electron-builder takes a hook file's default export.
// oxlint-disable-next-line import/no-default-export
export default afterPack;
