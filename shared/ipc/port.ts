/** One end of an ordered, lossless pipe within the machine that carries structured-cloneable values. */
export interface Port {
  post(message: unknown): void;
  /** One listener per port; what arrives is `unknown` until it has been read as an envelope. */
  onMessage(listener: (message: unknown) => void): void;
  close(): void;
}

/** The two channels between a window's preload and Electron's host; there are no others. */
export const TO_ENGINE = 'outpost:to-engine';
export const FROM_ENGINE = 'outpost:from-engine';

/** Calls of one window that may be unanswered at a time. */
export const CALLS_IN_FLIGHT_MAX = 256;
