import type { Socket } from 'node:net';

/** A peer that takes nothing for this long, or an end that is not answered, is let go. */
const WRITE_MAX_MS = 60_000;
const END_MAX_MS = 2000;

/** One TLS connection as the sessions of shared/sync write to it. */
export type Line = {
  /** Resolves when the line has taken the bytes, or is gone. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends after what was written. */
  end(): void;
  cut(): void;
};

export function createLine(socket: Socket): Line {
  // Errors end the connection and nothing else: whoever reads it sees it close.
  socket.on('error', () => socket.destroy());
  const cut = (): void => void socket.destroy();

  return {
    write: (bytes) =>
      new Promise((resolve) => {
        if (socket.destroyed || socket.writableEnded) return resolve();
        const patience = setTimeout(cut, WRITE_MAX_MS);
        const done = (): void => {
          clearTimeout(patience);
          socket.off('close', done);
          resolve();
        };
        socket.once('close', done);
        socket.write(bytes, done);
      }),
    end() {
      socket.end();
      setTimeout(cut, END_MAX_MS).unref();
    },
    cut,
  };
}
