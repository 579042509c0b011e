/**
 * The parts of the machine that shared code and the engine are handed instead of reaching for them.
 * A simulator replaces them all and replays a week of two clinics from one number.
 */
export interface Clock {
  /** Wall clock, milliseconds since 1970-01-01T00:00:00Z. May be wrong or jump. */
  now(): number;
  /** Milliseconds from an arbitrary origin that never run backwards while the process lives. */
  monotonic(): number;
  /** IANA name of the local time zone, such as "America/Chicago". */
  zone(): string;
  /** Minutes east of UTC that the local zone has at the given instant. */
  offsetMinutes(atMs: number): number;
}

export interface Random {
  /** Cryptographically strong random bytes. */
  bytes(count: number): Uint8Array;
}

/** SHA-256 (FIPS 180-4): 32 bytes. */
export type Sha256 = (...parts: readonly Uint8Array[]) => Uint8Array;
