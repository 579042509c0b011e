import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip, gzipSync } from 'node:zlib';
import type { ServerIdentity } from '../authority/certificates.ts';
import type { FhirRequest } from './fhir.ts';
import { refusal, type FhirResponse } from './outcome.ts';

/** The API's listener: TLS 1.3 and nothing below, bounded requests, answers compressed where the client takes it. */
export type FhirServer = { readonly port: number; close(): Promise<void> };
export type FhirServerOptions = {
  readonly identity: ServerIdentity;
  readonly authority: string;
  readonly host: string;
  readonly port: number;
  /** How long a request may take to arrive, in milliseconds. */
  readonly requestMaxMs?: number;
  readonly answer: (request: FhirRequest) => Promise<FhirResponse>;
  /** A request threw: a defect here. */
  readonly onDefect: (error: unknown) => void;
};

/** Where the API begins: other paths are not its own. */
export const FHIR_PATH = '/fhir';
const BODY_MAX_BYTES = 64 * 1024;
const HEADERS_MAX_BYTES = 16 * 1024;
const REQUEST_MAX_MS = 30_000;
const HANDSHAKE_MAX_MS = 10_000;
const CONNECTIONS_MAX = 200;
const GZIP_FROM_BYTES = 1024;

/** The address clients use is not known before listening, so the answering side is made with the port. */
export async function serveFhir(options: Omit<FhirServerOptions, 'answer'> & { readonly answerAt: (port: number) => FhirServerOptions['answer'] }): Promise<FhirServer> {
  let answer: FhirServerOptions['answer'] | null = null;
  const { identity, authority, requestMaxMs = REQUEST_MAX_MS } = options;
  const server: Server = createServer({ key: identity.privateKey, cert: `${identity.certificate}\n${authority}`, minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', maxHeaderSize: HEADERS_MAX_BYTES, handshakeTimeout: HANDSHAKE_MAX_MS, requestTimeout: requestMaxMs, headersTimeout: requestMaxMs, connectionsCheckingInterval: requestMaxMs });
  server.maxConnections = CONNECTIONS_MAX;
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.on('request', (message: IncomingMessage, response: ServerResponse) => {
    void respond(message, response, answer ?? refuseAll, options.onDefect);
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.host, port: options.port }, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('broken assumption: a TCP server has an address');
      resolve(address.port);
    });
  });
  answer = options.answerAt(port);
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const refuseAll = (): Promise<FhirResponse> => Promise.resolve(refusal('exception', 'not ready', 503));

async function respond(message: IncomingMessage, response: ServerResponse, answer: FhirServerOptions['answer'], onDefect: (error: unknown) => void): Promise<void> {
  try {
    const request = await requestOf(message);
    const answered = request === 'too-long' ? refusal('too-long', `a body has at most ${BODY_MAX_BYTES} bytes`) : request === null ? refusal('not-found', 'no such place') : await answer(request);
    await send(message, response, answered);
  } catch (error) {
    // A client that went away is no defect.
    if (message.destroyed || response.destroyed) return;
    onDefect(error);
    if (response.headersSent) response.destroy();
    else await send(message, response, refusal('exception', 'this request could not be answered'));
  }
}

async function requestOf(message: IncomingMessage): Promise<FhirRequest | 'too-long' | null> {
  const url = URL.parse(message.url ?? '/', 'https://central.invalid');
  const body = await bodyOf(message);
  if (body === 'too-long') return body;
  if (url === null || (url.pathname !== FHIR_PATH && !url.pathname.startsWith(`${FHIR_PATH}/`))) return null;
  const header = (name: string): string | null => {
    const value = message.headers[name];
    return Array.isArray(value) ? value.join(', ') : (value ?? null);
  };
  return { method: message.method ?? 'GET', path: url.pathname.slice(FHIR_PATH.length), parameters: url.searchParams, header, body };
}

async function bodyOf(message: IncomingMessage): Promise<Uint8Array | null | 'too-long'> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message) {
    bytes += (chunk as Buffer).length;
    if (bytes > BODY_MAX_BYTES) return 'too-long';
    chunks.push(chunk as Buffer);
  }
  return bytes === 0 ? null : new Uint8Array(Buffer.concat(chunks));
}

async function send(message: IncomingMessage, response: ServerResponse, { status, headers, body }: FhirResponse): Promise<void> {
  const zip = /\bgzip\b/.test(String(message.headers['accept-encoding'] ?? '')) && body !== null && (typeof body !== 'string' || body.length >= GZIP_FROM_BYTES);
  response.writeHead(status, { ...headers, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', ...(zip ? { 'content-encoding': 'gzip', vary: 'accept-encoding' } : {}) });
  if (body === null || message.method === 'HEAD') return void response.end();
  if (typeof body === 'string') return void response.end(zip ? gzipSync(body) : body);
  const source = Readable.from(body);
  await (zip ? pipeline(source, createGzip(), response) : pipeline(source, response));
}
