import { randomBytes } from 'node:crypto';
import type { CDPSession, Page } from 'playwright-core';
import type { SenderFacts } from '../../shared/ipc/envelope.ts';
import { CALL_INPUT_MAX_SIZE } from '../../shared/ipc/envelope.ts';
import { decodeBytes, encodeBytes } from './bytes-json.ts';

/** Longest text a page may hand over: the largest input with its bytes in base64 and every character escaped. */
const TEXT_MAX_LENGTH = CALL_INPUT_MAX_SIZE * 6;

/**
 * What Electron's preload and ipcMain are to each other, over the debugging pipe: lays the page script before every
 * document, hears its binding, and knows from the browser itself which execution context called, of which frame and
 * origin. Nothing the page says about itself counts.
 */
export async function bridgePage(
  page: Page,
  pageScript: string,
  onCall: (channel: string, sender: SenderFacts, message: unknown) => void,
): Promise<{ readonly deliver: (channel: string, message: unknown) => void; readonly broadcast: (message: unknown) => void }> {
  const names = { binding: `outpostBinding_${randomBytes(8).toString('hex')}`, deliver: `outpostDeliver_${randomBytes(8).toString('hex')}` };
  const cdp = await page.context().newCDPSession(page);
  const contexts = await watchContexts(cdp);

  cdp.on('Runtime.bindingCalled', (call) => {
    if (call.name !== names.binding || call.payload.length > TEXT_MAX_LENGTH) return;
    onCall(`${call.executionContextId}`, contexts.facts(call.executionContextId), parse(call.payload));
  });
  await cdp.send('Runtime.addBinding', { name: names.binding });
  await cdp.send('Page.enable');
  await cdp.send('Page.addScriptToEvaluateOnNewDocument', { source: `(() => { ${pageScript}; outpostPage.install(${JSON.stringify(names)}); })();` });

  const deliver = (context: number, message: unknown): void => {
    if (contexts.facts(context).frame !== 'main') return;
    const expression = `globalThis[${JSON.stringify(names.deliver)}]?.(${JSON.stringify(JSON.stringify(message, encodeBytes))})`;
    // The document may be gone by now, and with it whoever waited for this.
    cdp.send('Runtime.evaluate', { expression, contextId: context, silent: true }).catch(() => undefined);
  };
  return {
    deliver: (channel, message) => deliver(Number(channel), message),
    broadcast: (message) => {
      for (const context of contexts.ids()) deliver(context, message);
    },
  };
}

type Contexts = { readonly facts: (id: number) => SenderFacts; readonly ids: () => readonly number[] };

async function watchContexts(cdp: CDPSession): Promise<Contexts> {
  const known = new Map<number, SenderFacts>();
  const { frameTree } = await cdp.send('Page.getFrameTree');
  cdp.on('Runtime.executionContextCreated', ({ context }) => {
    const { frameId, isDefault } = (context.auxData ?? {}) as { readonly frameId?: string; readonly isDefault?: boolean };
    const main = frameId === frameTree.frame.id && isDefault === true;
    known.set(context.id, { frame: main ? 'main' : 'sub', origin: context.origin.slice(0, 256) });
  });
  cdp.on('Runtime.executionContextDestroyed', ({ executionContextId }) => void known.delete(executionContextId));
  cdp.on('Runtime.executionContextsCleared', () => known.clear());
  await cdp.send('Runtime.enable');
  return { facts: (id) => known.get(id) ?? { frame: 'sub', origin: '' }, ids: () => [...known.keys()] };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text, decodeBytes) as unknown;
  } catch (error) {
    // Not JSON: the engine refuses it by name like any other message that is not an envelope.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
