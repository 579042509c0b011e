import { join } from 'node:path';
import { bundleIfStale } from './bundle.ts';
import { electronFolder, fetchElectron } from './electron-binary.ts';
import { packApp } from './pack.ts';

/** `npm run dist`: the unpacked application for this platform, in out/dist. */
const root = join(import.meta.dirname, '../..');

await bundleIfStale(root);
if (electronFolder(root) === null) {
  console.log('Electron\'s binary is not here yet; fetching it once (about 110 MB).');
  await fetchElectron(root);
}
const electron = electronFolder(root);
if (electron === null) {
  console.error('NOT RUN: the application was bundled (out/app) but not packaged, for Electron\'s binary cannot be fetched from here.');
  console.error('Connect to the network, or put its distribution in place and set ELECTRON_OVERRIDE_DIST_PATH, then run npm run dist again.');
  process.exitCode = 1;
} else {
  await packApp({ root, electron, output: join(root, 'out/dist') });
  console.log('packaged: out/dist');
}
