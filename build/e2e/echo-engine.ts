import { openEngineLink } from '../../shared/ipc/link.ts';
import { Request, sizeFault } from '../../shared/ipc/envelope.ts';

/**
 * An engine without a vault, for tests of the boundary alone: it answers every call with what reached it, refuses
 * what the shipped engine's door refuses, and keeps the list of senders for `audit.list` to read.
 */
const heard: { readonly frame: string; readonly origin: string; readonly name: string }[] = [];
const link = openEngineLink(
  {
    post: (message) => void process.send?.(message),
    onMessage: (listener) => void process.on('message', listener),
    close: () => process.disconnect(),
  },
  {
    attach: (port, sender) => {
      port.onMessage((raw) => {
        const request = Request.safeParse(raw);
        const name = request.success ? request.data.name : '(malformed)';
        heard.push({ ...sender, name });
        if (!request.success) return;
        const { id, input } = request.data;
        const refuse = (code: string): void => port.post({ id, ok: false, fault: { code } });
        if (sender.frame !== 'main' || sender.origin !== 'https://outpost.invalid') return refuse('FOREIGN_SENDER');
        if (sizeFault(input) !== null) return refuse('TOO_LARGE');
        if (name === 'job.cancel') process.exit(3);
        if (name === 'sync.now') port.post({ event: 'job.changed', data: { job: 'a' } });
        port.post({ id, ok: true, value: name === 'audit.list' ? heard : { name, input, bytes: input instanceof Uint8Array } });
      });
      return () => undefined;
    },
    lock: () => undefined,
    stop: () => process.exit(0),
    refused: () => undefined,
  },
);
link.ready();
