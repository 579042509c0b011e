/** An entry's resource is text already, so that its digits stay as they are; JSON.rawJSON puts it in unchanged. */
export type BundleEntry = { readonly mode: 'match' | 'include' | 'outcome'; readonly fullUrl: string | null; readonly text: string };
export type BundleLink = { readonly relation: string; readonly url: string };

/** FHIR R4 Bundle of type searchset or history (bundle.html). */
export function bundleOf(type: 'searchset' | 'history', total: number, links: readonly BundleLink[], entries: readonly (BundleEntry & { readonly request?: object; readonly response?: object })[]): object {
  return {
    resourceType: 'Bundle',
    type,
    total,
    link: links,
    entry: entries.map(({ mode, fullUrl, text, request, response }) => ({
      ...(fullUrl === null ? {} : { fullUrl }),
      resource: new ResourceText(text),
      ...(type === 'searchset' ? { search: { mode } } : {}),
      ...(request === undefined ? {} : { request }),
      ...(response === undefined ? {} : { response }),
    })),
  };
}

/** Marks where a text goes in; JSON.stringify of a bundle is told by `bundleText`. */
export class ResourceText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** The bundle as JSON, its resources put in as they are. */
export function bundleText(bundle: object): string {
  const texts: string[] = [];
  const frame = JSON.stringify(bundle, (_name, value: unknown) => {
    if (!(value instanceof ResourceText)) return value;
    texts.push(value.text);
    return PLACE;
  });
  let next = 0;
  return frame.split(JSON.stringify(PLACE)).reduce((text, part) => `${text}${texts[next++] ?? ''}${part}`);
}

/** Control characters never stand in a link or an id, so this cannot be met elsewhere in the frame. */
const PLACE = '\u0001resource\u0001';
