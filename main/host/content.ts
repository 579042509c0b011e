import { readFile, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

/**
 * What the window may load and from where: the one answer to every request a window makes, whichever host asks.
 * Only files of the renderer's folder exist; each carries the whole policy (Electron security tutorial items 7, 12
 * and 18; CSP level 3; Trusted Types).
 */
export const CONTENT_SECURITY_POLICY = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'"],
  'img-src': ["'self'", 'blob:'],
  'font-src': ["'self'"],
  'connect-src': ["'self'"],
  'media-src': ["'self'", 'blob:', 'mediastream:'],
  'worker-src': ["'self'"],
  'manifest-src': ["'none'"],
  'frame-src': ["'none'"],
  'object-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
  'frame-ancestors': ["'none'"],
  'require-trusted-types-for': ["'script'"],
  'trusted-types': ['outpost'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Browser features no page of ours uses; the permission handlers of the host deny them a second time. */
export const DENIED_FEATURES = [
  'accelerometer', 'autoplay', 'camera', 'clipboard-read', 'display-capture', 'fullscreen', 'geolocation', 'gyroscope', 'hid',
  'idle-detection', 'local-fonts', 'magnetometer', 'microphone', 'midi', 'payment', 'publickey-credentials-get', 'screen-wake-lock', 'serial',
  'storage-access', 'usb', 'window-management', 'xr-spatial-tracking',
] as const;

export const RESPONSE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': Object.entries(CONTENT_SECURITY_POLICY).map(([name, values]) => `${name} ${values.join(' ')}`).join('; '),
  'permissions-policy': DENIED_FEATURES.map((feature) => `${feature}=()`).join(', '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  // Whatever the page holds is the chart's; nothing of it may settle in a cache on disk.
  'cache-control': 'no-store',
};

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

// No segment may begin with a dot and no other character may occur: what `..`, `%2e`, `\`, NUL and `//` need.
const SAFE_PATH = /^\/(?:[A-Za-z0-9_-][A-Za-z0-9._-]*\/)*[A-Za-z0-9_-][A-Za-z0-9._-]*$/;

/**
 * The file an URL names, relative to the renderer's folder, or null where it names none. The raw text is judged, not
 * a parsed URL: parsing would fold `..` and `%2e%2e` away before they could be refused.
 */
export function contentPath(origin: string, url: string): string | null {
  if (!url.startsWith(`${origin}/`)) return null;
  const path = url.slice(origin.length).replace(/[?#].*$/s, '');
  if (path === '/') return 'index.html';
  if (!SAFE_PATH.test(path) || CONTENT_TYPES[extname(path)] === undefined) return null;
  return path.slice(1);
}

export type ContentResponse = { readonly status: 200 | 404 | 405; readonly headers: Readonly<Record<string, string>>; readonly body: Buffer<ArrayBuffer> };

/** Answers one request of a window from `folder`. Never rejects: what cannot be read is not there. */
export async function contentResponse(
  folder: string,
  origin: string,
  request: { readonly method: string; readonly url: string },
): Promise<ContentResponse> {
  if (request.method !== 'GET') return { status: 405, headers: { ...RESPONSE_HEADERS, allow: 'GET' }, body: Buffer.alloc(0) };
  const path = contentPath(origin, request.url);
  const body = path === null ? null : await readWithin(folder, path);
  if (path === null || body === null) return { status: 404, headers: RESPONSE_HEADERS, body: Buffer.alloc(0) };
  return { status: 200, headers: { ...RESPONSE_HEADERS, 'content-type': CONTENT_TYPES[extname(path)] ?? 'application/octet-stream' }, body };
}

async function readWithin(folder: string, path: string): Promise<Buffer<ArrayBuffer> | null> {
  try {
    const root = await realpath(folder);
    const file = await realpath(join(root, path));
    // A link inside the folder that points out of it is refused where it leads, not by its name.
    return file.startsWith(root + sep) ? await readFile(file) : null;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return null;
    throw error;
  }
}
