import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writePopulation } from '../fixtures/generate.ts';
import { createResourceStream } from '../../shared/records/resource-stream.ts';
import { isJsonObject, listOf, type JsonValue } from '../../shared/records/json.ts';

/** What the demo imports: made-up patients of our own, or the folder it was given. */
export type Input = { readonly folder: string; readonly files: readonly string[]; readonly resources: number; readonly patients: number; readonly words: readonly string[]; readonly somebody: { readonly family: string; readonly given: string } };

const PATIENTS = 24;
const RESOURCES_EACH = 60;
const SEED = 20_261_122;

export function makeInput(folder: string): Input {
  writePopulation({ seed: SEED, patients: PATIENTS, resources: RESOURCES_EACH }, folder, 'bundles');
  return readInput(folder);
}

/** Counts a folder's resources and collects what of its patients must never be found on a disk in the clear. */
export function readInput(folder: string): Input {
  const files = filesIn(folder);
  const words = new Set<string>();
  const people: { family: string; given: string }[] = [];
  let resources = 0;
  for (const file of files) {
    const stream = createResourceStream();
    for (const event of [...stream.feed(readFileSync(file)), ...stream.end()]) {
      if (event.kind !== 'resource') continue;
      resources += 1;
      if (event.type !== 'Patient') continue;
      const name = listOf(event.value['name'])[0];
      const [family, given] = isJsonObject(name) ? [text(name['family']), listOf(name['given']).map(text).join(' ')] : ['', ''];
      people.push({ family, given });
      for (const word of [family, `${given} ${family}`, ...phones(event.value['telecom'])]) if (word.trim() !== '') words.add(word);
    }
  }
  const [somebody = { family: '', given: '' }] = people.filter(({ family, given }) => family.length > 3 && given !== '');
  return { folder, files, resources, patients: people.length, words: [...words], somebody };
}

const text = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');

function phones(telecoms: JsonValue | undefined): string[] {
  return listOf(telecoms).flatMap((each) => (isJsonObject(each) && each['system'] === 'phone' ? [text(each['value'])] : []));
}

function filesIn(folder: string): string[] {
  return readdirSync(folder).toSorted().flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return filesIn(path);
    return /\.(json|ndjson)$/.test(name) ? [path] : [];
  });
}
