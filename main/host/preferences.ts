import type { CustomScheme, WebPreferences } from 'electron';

export const APP_SCHEME = 'app';
export const APP_ORIGIN = 'app://outpost';
/** Without `persist:` the session lives in memory and ends with the window. */
export const SESSION_PARTITION = 'outpost';

/** Standard and secure so that it has an origin and a CSP; nothing else is lent to it. */
export const SCHEMES: CustomScheme[] = [
  {
    scheme: APP_SCHEME,
    privileges: { standard: true, secure: true, bypassCSP: false, allowServiceWorkers: false, supportFetchAPI: false, corsEnabled: false, stream: false },
  },
];

/** Every switch of a window's web preferences that guards something, named even where Electron's default agrees. */
export function webPreferences(options: { readonly packaged: boolean; readonly preload: string }): WebPreferences {
  return {
    preload: options.preload,
    partition: SESSION_PARTITION,
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
    navigateOnDragDrop: false,
    plugins: false,
    enableWebSQL: false,
    // The default dictionary is fetched from a public network, and words of a note are patient data.
    spellcheck: false,
    safeDialogs: true,
    devTools: !options.packaged,
  };
}
