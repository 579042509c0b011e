import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createAuthority, issueServerCertificate, type IssuerKeys } from '../authority/certificates.ts';
import { systemClock, systemRandom } from '../world.ts';
import { json } from './outcome.ts';
import { serveFhir, type FhirServer } from './server.ts';

/** Short enough to wait for, long enough for a request that is sent at once. */
const REQUEST_MAX_MS = 500;
const defects: unknown[] = [];
let authority: IssuerKeys;
let server: FhirServer;

beforeAll(async () => {
  authority = await createAuthority('Test organization', systemClock, systemRandom);
  const identity = await issueServerCertificate(authority, systemClock, systemRandom, ['localhost']);
  server = await serveFhir({ identity, authority: authority.certificate, host: '127.0.0.1', port: 0, requestMaxMs: REQUEST_MAX_MS, answerAt: () => async () => json(200, { resourceType: 'CapabilityStatement' }), onDefect: (error) => defects.push(error) });
});
beforeEach(() => defects.splice(0));
afterAll(() => server.close());

const dial = (): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: server.port, servername: 'localhost', ca: authority.certificate }, () => resolve(socket));
    socket.once('error', reject);
  });

/** The first line of the answer, once the server has ended the line. */
async function answerTo(send: (socket: TLSSocket) => void): Promise<string> {
  const socket = await dial();
  let heard = '';
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => void (heard += String(chunk)));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  send(socket);
  await closed;
  return heard.split('\r\n')[0] ?? '';
}

it.each([
  ['////', 404], ['http://', 404], ['/fhirx', 404], ['/fhir/%00/../..', 404], ['/fhir/metadata', 200],
])('SYN-285 the path %s', async (path, status) => {
  expect(await answerTo((socket) => void socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`))).toContain(String(status));
  expect(defects).toEqual([]);
});

it('SYN-281 headers of a request that come one by one without end are cut off', async () => {
  let sending: ReturnType<typeof setInterval> | null = null;
  const answer = await answerTo((socket) => {
    socket.write('GET /fhir/metadata HTTP/1.1\r\nhost: x\r\n');
    sending = setInterval(() => void socket.write('a: b\r\n'), REQUEST_MAX_MS / 20);
  });
  if (sending !== null) clearInterval(sending);
  expect(answer).toMatch(/^(?:HTTP\/1.1 408 .*)?$/);
});

it('SYN-281 a body that never ends, and a line on which nothing is asked, are cut off', async () => {
  const answers = await Promise.all([answerTo((socket) => void socket.write('POST /fhir HTTP/1.1\r\nhost: x\r\ncontent-length: 50000\r\n\r\n{')), answerTo(() => undefined)]);
  for (const answer of answers) expect(answer).toMatch(/^(?:HTTP\/1.1 408 .*)?$/);
  expect(defects).toEqual([]);
});

it('SYN-281 more headers than fit are refused at once', async () => {
  expect(await answerTo((socket) => void socket.write(`GET /fhir/metadata HTTP/1.1\r\nhost: x\r\n${'a: b\r\n'.repeat(5000)}`))).toContain('431');
});
