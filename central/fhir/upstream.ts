import { request as httpsRequest } from 'node:https';
import type { Send } from './forward.ts';

/** How another FHIR server is reached: TLS 1.2 at least, its authority the system's or the given one. */
export type UpstreamOptions = { /** PEM. */ readonly authority: string | null; readonly token: string | null };

const ANSWER_MAX_MS = 60_000;

export function createSend({ authority, token }: UpstreamOptions): Send {
  return (url, method, body) =>
    new Promise((resolve, reject) => {
      const request = httpsRequest(
        url,
        {
          method, minVersion: 'TLSv1.2', timeout: ANSWER_MAX_MS,
          headers: { 'content-type': 'application/fhir+json; charset=utf-8', accept: 'application/fhir+json', 'content-length': Buffer.byteLength(body), ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
          ...(authority === null ? {} : { ca: authority }),
        },
        (response) => {
          // What the other side says may name patients: nobody keeps it.
          response.resume();
          response.once('end', () => resolve({ status: response.statusCode ?? 503 }));
          response.once('error', reject);
        },
      );
      request.once('timeout', () => request.destroy(new Error('no answer in time')));
      request.once('error', reject);
      request.end(body);
    });
}
