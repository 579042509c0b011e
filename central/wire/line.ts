import type { Socket } from 'node:net';
import type { HubTimers } from '../world.ts';

/** A peer that takes nothing for this long, or an end that is not answered, is let go. */
export const WRITE_MAX_MS = 60_000;
const END_MAX_MS = 2000;

/** One TLS connection as the sessions of shared/sync write to it. */
export type Line = {
  /** Resolves when the line has taken the bytes, or is gone. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends after what was written. */
  end(): void;
  cut(): void;
};

export function createLine(socket: Socket, timers: HubTimers): Line {
  // Errors end the connection and nothing else: whoever reads it sees it close.
  socket.on('error', () => socket.destroy());
  const cut = (): void => void socket.destroy();
  const untaken = new Set<() => void>();
  socket.once('close', () => {
    for (const done of untaken) done();
  });

  return {
    write: (bytes) =>
      new Promise((resolve) => {
        if (socket.destroyed || socket.writableEnded) return resolve();
        const stopWaiting = timers.after(WRITE_MAX_MS, cut);
        const done = (): void => {
          stopWaiting();
          untaken.delete(done);
          resolve();
        };
        untaken.add(done);
        socket.write(bytes, done);
      }),
    end() {
      socket.end();
      timers.after(END_MAX_MS, cut);
    },
    cut,
  };
}

/** Whether reading ended because the line did: by a fault of it, by the peer that went without a word, or by our own cut. */
export function isEndOfLine(socket: Socket, error: unknown): boolean {
  return socket.errored !== null || (error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE');
}
