import { parseLossless, stringifyLossless } from './lossless-json.ts';

/** A resource as its top-level FHIR elements, each as JSON text with its numbers' digits untouched, in order. */
export function elementTexts(resourceText: string): Map<string, string> {
  const resource = parseLossless(resourceText);
  if (typeof resource !== 'object' || resource === null || Array.isArray(resource)) throw new Error('broken assumption: a resource is an object');
  return new Map(Object.entries(resource).map(([name, value]) => [name, stringifyLossless(value)]));
}

export function resourceFromElements(elements: ReadonlyMap<string, string>): string {
  return `{${[...elements].map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`;
}
