import { extractFile, listPackage, statFile, uncache } from '@electron/asar';

/** What an archive may hold, by path; the first pattern of each line says what it is for. */
const MAY_SHIP: readonly RegExp[] = [
  /^package\.json$|^LICENSE$/,
  /^out\/app\/main\/(?:index|engine-process|chunk-[A-Za-z0-9_-]+)\.js$|^out\/app\/main\/preload\.cjs$/,
  /^out\/app\/renderer\/index\.html$|^out\/app\/renderer\/assets\/[A-Za-z0-9._-]+\.(?:js|css|svg|png|woff2)$/,
  /^node_modules\/better-sqlite3-multiple-ciphers\/(?:package\.json|LICENSE|lib\/[a-z0-9/-]+\.js|prebuilds\/[a-z0-9-]+\.node)$/,
  /^node_modules\/argon2\/(?:package\.json|LICENSE|argon2\.cjs|prebuilds\/[a-z0-9-]+\/[a-z0-9.-]+\.node)$/,
  /^node_modules\/@phc\/format\/(?:package\.json|index\.js)$/,
  /^node_modules\/node-gyp-build\/(?:package\.json|LICENSE|index\.js|node-gyp-build\.js)$/,
];

/** Text no shipped file may hold: addresses of source maps, resources of patients, folders of a developer. */
const MAY_NOT_OCCUR: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['a source map\'s address', /\/\/[#@]\s*sourceMappingURL=/],
  ['a patient', /"resourceType"\s*:\s*"(?:Patient|Bundle)"\s*,\s*"(?:id|type|entry|identifier|name)"\s*:/],
  ['a folder of whoever built it', /(?:\/home|\/Users|\/root)\/[A-Za-z0-9._-]+\//],
];

/** Files that cannot run from within an archive and so must lie beside it. */
const MUST_BE_UNPACKED = /\.node$/;

/** Everything wrong with a packed application, one line each; empty where it may ship. */
export function inspectPackage(archive: string): readonly string[] {
  const findings: string[] = [];
  // The library remembers an archive by its path; what counts is what lies there now.
  uncache(archive);
  const paths = listPackage(archive, { isPack: false }).map((path) => path.replaceAll('\\', '/').replace(/^\//, ''));
  for (const path of paths) {
    const facts = statFile(archive, path);
    if ('files' in facts) continue;
    if (!MAY_SHIP.some((pattern) => pattern.test(path))) findings.push(`${path}: not on the list of what ships`);
    if ('link' in facts) findings.push(`${path}: a link`);
    else if (MUST_BE_UNPACKED.test(path) && facts.unpacked !== true) findings.push(`${path}: machine code inside the archive`);
    else if (!MUST_BE_UNPACKED.test(path)) findings.push(...badText(path, extractFile(archive, path).toString('latin1')));
  }
  return findings;
}

function badText(path: string, text: string): readonly string[] {
  return MAY_NOT_OCCUR.filter(([, pattern]) => pattern.test(text)).map(([what]) => `${path}: holds ${what}`);
}
