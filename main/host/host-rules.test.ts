import { describe, expect, it } from 'vitest';
import { defaultHome, homeArgument } from '../home.ts';
import { ALLOWED_SWITCHES, REFUSED_ENVIRONMENT, startRefusals } from './guard.ts';
import { mayNavigate, senderFacts } from './navigation.ts';
import { APP_ORIGIN, SCHEMES, SESSION_PARTITION, webPreferences } from './preferences.ts';

describe('start-up guard', () => {
  it.each([
    'remote-debugging-port', 'remote-debugging-pipe', 'no-sandbox', 'disable-web-security', 'ignore-certificate-errors', 'host-rules',
    'host-resolver-rules', 'proxy-server', 'proxy-pac-url', 'js-flags', 'load-extension', 'log-net-log', 'ssl-key-log-file', 'user-data-dir',
    'password-store', 'inspect', 'inspect-brk', 'renderer-cmd-prefix', 'utility-cmd-prefix', 'browser-subprocess-path', 'enable-logging', 'a-switch-of-next-year',
  ])('HST-12 refuses --%s in every spelling', (name) => {
    for (const argument of [`--${name}`, `--${name}=9222`, `-${name}`, `--${name.toUpperCase()}=x`, `--${name}=a=b`]) expect(startRefusals([argument], {}, 'linux')).toEqual([`--${name}`]);
    expect(startRefusals([`/${name}`], {}, 'win32')).toEqual([`--${name}`]);
  });

  it('HST-12 refuses the weak keystore by name, and what it cannot read', () => {
    expect(startRefusals(['--password-store=basic'], {}, 'linux')).toEqual(['--password-store']);
    expect(startRefusals(['--=x', '--9', '--a b', '--'], {}, 'linux')).toEqual(['--(unreadable)', '--(unreadable)', '--(unreadable)', '--(unreadable)']);
  });

  it.each(REFUSED_ENVIRONMENT)('HST-12 refuses %s in the environment', (name) => {
    expect(startRefusals([], { [name]: '1', PATH: '/bin' }, 'linux')).toEqual([name]);
    expect(startRefusals([], { [name]: '' }, 'linux')).toEqual([name]);
    expect(startRefusals([], { [name.toLowerCase()]: '1' }, 'win32')).toEqual([name]);
    expect(startRefusals([], { [name]: undefined }, 'linux')).toEqual([]);
  });

  it('HST-12 never repeats a value, which may be a secret', () => {
    expect(startRefusals(['--proxy-server=http://user:hunter2@proxy'], { SSLKEYLOGFILE: '/home/garcia/keys' }, 'linux').join()).toBe('--proxy-server,SSLKEYLOGFILE');
  });

  it('HST-12 lets an ordinary start pass', () => {
    const argv = ['/opt/outpost', ...ALLOWED_SWITCHES.map((name) => `--${name}=x`), '--home', '--odd-folder-name'];
    expect(startRefusals(argv, { PATH: '/bin', HOME: '/home/x', LANG: 'C' }, 'linux')).toEqual([]);
    expect(startRefusals(['-psn_0_12345'], {}, 'darwin')).toEqual([]);
  });
});

describe('window', () => {
  it('HST-7 is sandboxed and isolated, with nothing lent to the page', () => {
    expect(webPreferences({ packaged: true, preload: '/p.cjs' })).toEqual({
      preload: '/p.cjs', partition: 'outpost', sandbox: true, contextIsolation: true, nodeIntegration: false, nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false, webSecurity: true, allowRunningInsecureContent: false, experimentalFeatures: false, webviewTag: false,
      navigateOnDragDrop: false, plugins: false, enableWebSQL: false, spellcheck: false, safeDialogs: true, devTools: false,
    });
    expect(webPreferences({ packaged: false, preload: '/p.cjs' }).devTools).toBe(true);
    expect(SESSION_PARTITION).not.toMatch(/^persist:/);
    expect(SCHEMES).toEqual([
      { scheme: 'app', privileges: { standard: true, secure: true, bypassCSP: false, allowServiceWorkers: false, supportFetchAPI: false, corsEnabled: false, stream: false } },
    ]);
  });

  it('HST-6 navigates to its own page and nowhere else', () => {
    for (const url of ['app://outpost/', 'app://outpost/index.html', 'app://outpost/#/chart', 'app://outpost/?a']) expect(mayNavigate(APP_ORIGIN, url)).toBe(true);
    for (const url of ['app://outpost', 'app://outpost.evil/', 'app://outpost/assets/a.svg', 'app://outpost@evil/', 'https://outpost/', 'file:///etc/passwd', 'javascript:1', 'about:blank', 'data:text/html,x', ''])
      expect(mayNavigate(APP_ORIGIN, url)).toBe(false);
  });

  it('HST-9 takes a frame for the main one only when it has no parent and is still there', () => {
    expect(senderFacts({ parent: null, origin: 'app://outpost', detached: false })).toEqual({ frame: 'main', origin: 'app://outpost' });
    expect(senderFacts({ parent: {}, origin: 'app://outpost', detached: false })).toEqual({ frame: 'sub', origin: 'app://outpost' });
    expect(senderFacts({ parent: null, origin: 'app://outpost', detached: true })).toEqual({ frame: 'sub', origin: '' });
    expect(senderFacts(null)).toEqual({ frame: 'sub', origin: '' });
  });
});

describe('home', () => {
  it('HST-14 is the per-user data folder of the platform', () => {
    expect(defaultHome('linux', {}, '/home/x')).toBe('/home/x/.local/share/outpost');
    expect(defaultHome('linux', { XDG_DATA_HOME: '/data' }, '/home/x')).toBe('/data/outpost');
    expect(defaultHome('linux', { XDG_DATA_HOME: 'relative' }, '/home/x')).toBe('/home/x/.local/share/outpost');
    expect(defaultHome('darwin', {}, '/Users/x')).toBe('/Users/x/Library/Application Support/Outpost');
    expect(defaultHome('win32', { APPDATA: '/roaming' }, '/x')).toBe('/roaming/Outpost');
  });

  it('HST-14 is read from the command line in both forms', () => {
    expect(homeArgument(['--home', 'a'], '/w')).toBe('/w/a');
    expect(homeArgument(['x', '--home=/b'], '/w')).toBe('/b');
    for (const argv of [[], ['--home'], ['--home='], ['home', 'x']]) expect(homeArgument(argv, '/w')).toBeNull();
  });
});
