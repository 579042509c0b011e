import { buildClientApi } from '../../shared/ipc/client-api.ts';
import { CALL_NAMES, ENGINE_EVENT_NAMES } from '../../shared/ipc/contract.ts';
import { decodeBytes, encodeBytes } from './bytes-json.ts';

/**
 * What Electron's preload is to its window, for a page in Chromium: run before any script of the page, it lays
 * `window.outpost` into it. There is no isolated world with a bridge here, so the binding is taken out of the page's
 * reach and the way back in has a name made up at every start. `names` are those two.
 */
export function install(names: { readonly binding: string; readonly deliver: string }): void {
  if (globalThis.top !== globalThis.window) return;
  const page = globalThis as unknown as Record<string, unknown>;
  const send = page[names.binding] as (text: string) => void;
  delete page[names.binding];
  let listener: (message: unknown) => void = () => undefined;
  const api = buildClientApi(
    { calls: CALL_NAMES, events: ENGINE_EVENT_NAMES },
    {
      // Cloning first throws on what Electron's pipe would throw on: functions, symbols, elements.
      post: (message) => send(JSON.stringify(structuredClone(message), encodeBytes)),
      onMessage: (wanted) => {
        listener = wanted;
      },
      close: () => undefined,
    },
  );
  Object.defineProperty(page, names.deliver, { value: (text: string) => listener(JSON.parse(text, decodeBytes) as unknown) });
  Object.defineProperty(page, 'outpost', { value: api, enumerable: true });
  // Windows of our own making are closed by the host; this answers the page the way Electron does: with null.
  Object.defineProperty(page, 'open', { value: () => null });
}
