/** Text as JSON, for a schema to judge; undefined where it is none, which no JSON text stands for. The error's words are dropped: they may quote the text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
