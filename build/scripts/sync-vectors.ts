import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeMessageVectors } from '../fixtures/message-vectors.ts';
import { makeVectors } from '../fixtures/sync-vectors.ts';

/** Writes docs/vectors anew: `node build/scripts/sync-vectors.ts`. version-1.json is a recording and is not made again. */
const FOLDER = join(import.meta.dirname, '../../docs/vectors');

for (const [name, text] of [...(await makeVectors()), ...(await makeMessageVectors())]) writeFileSync(join(FOLDER, name), text);
