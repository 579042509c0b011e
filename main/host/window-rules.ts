import { app, type Session } from 'electron';
import { TO_ENGINE } from '../../shared/ipc/port.ts';
import type { Log } from '../log/log.ts';
import { mayNavigate } from './navigation.ts';
import { APP_ORIGIN } from './preferences.ts';

/**
 * Every question Chromium asks is answered with no: permissions, devices, screens, new windows, webviews, other
 * pages, doubtful certificates, client certificates of the platform. (Electron security tutorial items 5, 12-14, 17;
 * both permission handlers are needed, one asks and one checks.)
 */
export function denyByDefault(session: Session, log: Log): void {
  session.setPermissionRequestHandler((_contents, permission, callback) => {
    log.warn('host.permission-refused', { permission });
    callback(false);
  });
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.setUSBProtectedClassesHandler(({ protectedClasses }) => protectedClasses);
  session.setBluetoothPairingHandler((_details, callback) => callback({ confirmed: false }));
  session.setDisplayMediaRequestHandler((_request, callback) => callback(null));
  session.setSpellCheckerEnabled(false);
  session.setCertificateVerifyProc((_request, callback) => callback(-2));
  session.on('will-download', (event) => event.preventDefault());
  // The page is served from memory; whatever else a window asks for ends here, even if a policy were to slip.
  session.webRequest.onBeforeRequest((details, callback) => {
    const allowed = details.url.startsWith(`${APP_ORIGIN}/`) || details.url.startsWith(`blob:${APP_ORIGIN}/`) || details.url.startsWith('devtools://');
    if (!allowed) log.warn('host.content-refused');
    callback({ cancel: !allowed });
  });

  app.on('web-contents-created', (_created, contents) => {
    const refuseOthers = (event: { readonly url: string; readonly preventDefault: () => void }): void => {
      if (mayNavigate(APP_ORIGIN, event.url)) return;
      log.warn('host.navigation-refused');
      event.preventDefault();
    };
    contents.on('will-navigate', refuseOthers);
    contents.on('will-redirect', refuseOthers);
    contents.on('will-frame-navigate', refuseOthers);
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(() => {
      log.warn('host.window-refused');
      return { action: 'deny' };
    });
    contents.on('ipc-message', (_event, channel) => {
      if (channel !== TO_ENGINE) log.warn('call.refused', { fault: 'UNKNOWN_CALL' });
    });
    contents.on('render-process-gone', (_gone, details) => log.warn('host.renderer-gone', { reason: details.reason, exitCode: details.exitCode }));
  });
  app.on('certificate-error', (event, _contents, _url, _problem, _certificate, callback) => {
    event.preventDefault();
    log.warn('host.certificate-refused');
    callback(false);
  });
  // Left alone, Electron would offer the first client certificate the platform has.
  app.on('select-client-certificate', (event, _contents, _url, _certificates, callback) => {
    event.preventDefault();
    callback();
  });
  app.on('login', (event) => event.preventDefault());
}
