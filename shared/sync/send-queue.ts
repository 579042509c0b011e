import { framesOf } from './frame.ts';

/** Messages leave in the order they were put in, each when it is ready, frame by frame. */
export type SendQueue = {
  put(message: () => Promise<Uint8Array> | Uint8Array): Promise<void>;
  /** After everything put so far. */
  afterwards(action: () => void): Promise<void>;
  stop(): void;
  drained(): Promise<void>;
};

/**
 * `write` resolves when the line has taken the bytes, or when it is gone (its owner learns of that elsewhere); it does
 * not reject. `onBroken` hears of a message that could not be made, after which nothing more is sent.
 */
export function createSendQueue(write: (bytes: Uint8Array) => Promise<void>, onBroken: () => void): SendQueue {
  let stopped = false;
  let last: Promise<void> = Promise.resolve();

  const inTurn = async (previous: Promise<void>, work: () => Promise<void>): Promise<void> => {
    await previous;
    if (stopped) return;
    try {
      await work();
    } catch {
      stopped = true;
      onBroken();
    }
  };
  const queue = (work: () => Promise<void>): Promise<void> => {
    last = inTurn(last, work);
    return last;
  };

  return {
    put: (message) =>
      queue(async () => {
        for (const frame of framesOf(await message())) {
          if (stopped) return;
          await write(frame);
        }
      }),
    afterwards: (action) => queue(async () => action()),
    stop() {
      stopped = true;
    },
    drained: () => last,
  };
}
