import type { SenderFacts } from '../../shared/ipc/envelope.ts';

/** A window shows the application's own page and never leaves it; reloading that page is all the navigation there is. */
export function mayNavigate(origin: string, url: string): boolean {
  if (!url.startsWith(`${origin}/`)) return false;
  return /^\/(?:index\.html)?(?:[?#].*)?$/s.test(url.slice(origin.length));
}

/** What the host itself sees of a calling frame. A frame that is already gone is nobody's main frame. */
export type FrameView = { readonly parent: unknown; readonly origin: string; readonly detached: boolean } | null;

export function senderFacts(frame: FrameView): SenderFacts {
  if (frame === null || frame.detached) return { frame: 'sub', origin: '' };
  return { frame: frame.parent === null ? 'main' : 'sub', origin: frame.origin.slice(0, 256) };
}
