const FRAMES_KEPT = 8;
const FRAME = /(?:^|[/\\(])([a-z][a-z0-9-]*(?:\.[a-z0-9-]+)?\.(?:ts|js|cjs|mjs)):(\d+):\d+\)?$/;
const CLASSES: readonly string[] = ['Error', 'TypeError', 'RangeError', 'SyntaxError', 'ReferenceError', 'EvalError', 'URIError', 'AggregateError', 'SqliteError', 'ZodError', 'AbortError', 'DOMException'];

/**
 * What may be said of an error: its class, its system code and the files and lines it came through. Messages are left
 * out whole, for a parser quotes the text it stumbled over and SQLite the value that broke a constraint. A stack
 * begins with that message, so only lines that are stack frames to the last character are read.
 */
export function describeError(error: unknown): { errorClass: string; errorCode?: string; frames?: readonly string[] } {
  if (!(error instanceof Error)) return { errorClass: 'other' };
  const code: unknown = 'code' in error ? error.code : undefined;
  const message = error.message;
  const stack = error.stack ?? '';
  // Cut the message off by its length: a hostile one may hold lines that look like frames.
  const start = message === '' ? 0 : stack.indexOf(message);
  const lines = start < 0 ? [] : stack.slice(start + message.length).split('\n');
  const frames = lines.flatMap((line) => {
    const [, file, position] = line.trimStart().startsWith('at ') ? (FRAME.exec(line) ?? []) : [];
    return file === undefined || position === undefined ? [] : [`${file}:${position}`];
  });
  return {
    errorClass: CLASSES.includes(error.name) ? error.name : 'other',
    ...(typeof code === 'string' ? { errorCode: code } : {}),
    ...(frames.length > 0 ? { frames: frames.slice(0, FRAMES_KEPT) } : {}),
  };
}
