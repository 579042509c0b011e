/**
 * What a packaged Outpost accepts on its command line and in its environment. Fuses switch off Node's own ways in;
 * Chromium's switches (a debugging port, a proxy, a sandbox turned off) they do not cover. So a switch that is not on
 * this list stops the start.
 */
export const ALLOWED_SWITCHES: readonly string[] = [
  'home', // the vault's folder
  'lang', 'force-device-scale-factor', 'force-renderer-accessibility', // how the window is read
  'ozone-platform', 'ozone-platform-hint', 'disable-gpu', // displays and graphics drivers that need help
];

export const REFUSED_ENVIRONMENT: readonly string[] = [
  'SSLKEYLOGFILE', 'ELECTRON_RUN_AS_NODE', 'NODE_OPTIONS', 'NODE_TLS_REJECT_UNAUTHORIZED', 'NODE_EXTRA_CA_CERTS', 'NODE_DEBUG',
  'ELECTRON_ENABLE_LOGGING', 'ELECTRON_LOG_FILE', 'ELECTRON_OVERRIDE_DIST_PATH', 'LD_PRELOAD', 'LD_AUDIT', 'DYLD_INSERT_LIBRARIES',
];

/** sysexits.h EX_CONFIG: started in a way it must not run in. */
export const EXIT_REFUSED = 78;

// `--name`, `--name=value`, `-name`, and on Windows `/name`: all of them reach Chromium's switches.
const SWITCH = /^(?:--?|\/)([A-Za-z][A-Za-z0-9-]*)(?:=.*)?$/s;
const DASHED = /^--?/;

/**
 * Names what forbids this start: switches as `--name`, variables by their name, never a value (it may be a path or a
 * secret). Empty where the start may go on. `argv` is without the program itself.
 */
export function startRefusals(argv: readonly string[], env: Readonly<Record<string, string | undefined>>, platform: NodeJS.Platform): readonly string[] {
  const refused: string[] = [];
  for (const [index, argument] of argv.entries()) {
    if (argv[index - 1] === '--home') continue;
    if (!DASHED.test(argument) && !(platform === 'win32' && argument.startsWith('/'))) continue;
    // Finder adds the process serial number of the launch, e.g. -psn_0_12345.
    if (platform === 'darwin' && /^-psn_\d+_\d+$/.test(argument)) continue;
    // Chromium lowers the case of switches on Windows.
    const name = SWITCH.exec(argument)?.[1]?.toLowerCase();
    if (name === undefined) refused.push('--(unreadable)');
    else if (!ALLOWED_SWITCHES.includes(name)) refused.push(`--${name}`);
  }
  // Windows ignores the case of variables' names.
  const fold = (name: string): string => (platform === 'win32' ? name.toUpperCase() : name);
  const present = new Set(Object.keys(env).filter((name) => env[name] !== undefined).map(fold));
  for (const name of REFUSED_ENVIRONMENT) if (present.has(name)) refused.push(name);
  return refused;
}
