import type { Result } from '../../shared/base/result.ts';

/** Why there is no line, or no longer. */
export type LineFault = 'OFFLINE' | 'SERVER_UNTRUSTED' | 'NOT_AUTHENTICATED' | 'PROTOCOL_ERROR';

export type Dial = {
  readonly host: string;
  readonly port: number;
  /** TLS application protocols (RFC 7301), best first; the server takes one of them. */
  readonly protocols: readonly string[];
  /** The one authority whose certificates count, PEM. */
  readonly authority: string;
  /** What the server's certificate must be made out to. */
  readonly serverName: string;
  /** The device's certificate and a look at its key (PEM bytes); null where it has none yet. */
  readonly client: { readonly certificate: string; readonly privateKey: <Value>(use: (pem: Uint8Array) => Value) => Value } | null;
};

/** A line whose server is the organisation's own. That the server also takes us shows only in what it says (finding F10). */
export type Connection = {
  /** The application protocol that both sides agreed upon. */
  readonly protocol: string;
  /** What comes, cut anywhere; ends when the line does. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Resolves when the line has taken the bytes, or is gone. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends in order. */
  end(): void;
  /** Lets go at once, with a reset: what is still unsent would only clog a thin line. */
  abandon(): void;
  /** Why it ended, once it has; null where the peer ended it in order. */
  fault(): { readonly code: LineFault; readonly cause: string } | null;
  /** Bytes on the wire, TLS included. */
  sent(): number;
  received(): number;
};

/** The way out of the machine. */
export type Network = {
  dial(dial: Dial): Promise<Result<Connection, LineFault>>;
  /** The certificates (DER) a server presents, believed by nobody yet; nothing is sent. */
  presented(host: string, port: number, protocol: string, serverName: string): Promise<Result<readonly Uint8Array[], LineFault>>;
  /** Does it after so many milliseconds, unless called off by what it returns. */
  after(ms: number, action: () => void): () => void;
};
