import { _electron, type Page } from 'playwright-core';
import { electronBinary } from '../scripts/electron-binary.ts';

/** The application in Electron itself, for the same tests that drive it in Chromium. */
export type ElectronWindow = {
  readonly page: Page;
  readonly close: () => Promise<void>;
  /** SIGKILL for the main process, and with it for everything it has started. */
  readonly kill: () => Promise<void>;
};

/** Why Electron cannot open a window on this machine, as a reason to print; null where it can. */
export function noElectron(root: string, env: Readonly<Record<string, string | undefined>>): string | null {
  if (electronBinary(root) === null) return 'its binary was never fetched';
  if (process.platform === 'linux' && env['DISPLAY'] === undefined && env['WAYLAND_DISPLAY'] === undefined) return 'there is no display';
  return null;
}

/** Opens the bundle of a checkout (out/app) with Electron as `npm start` does. */
export async function openElectron(root: string, home: string): Promise<ElectronWindow> {
  const binary = electronBinary(root);
  if (binary === null) throw new Error('broken assumption: whoever opens Electron has asked noElectron before');
  const asRoot = process.getuid?.() === 0;
  const application = await _electron.launch({ executablePath: binary, args: [...(asRoot ? ['--no-sandbox'] : []), root, '--home', home], cwd: root, chromiumSandbox: !asRoot });
  return {
    page: await application.firstWindow(),
    close: () => application.close(),
    kill: async () => {
      const gone = new Promise<void>((settle) => application.once('close', () => settle()));
      application.process().kill('SIGKILL');
      await gone;
    },
  };
}
