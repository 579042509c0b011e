/** Bytes from several lines for one reader, who takes them one after another. */
export type ChunkQueue = {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Resolves when the reader has dealt with it, or reads no more. */
  put(chunk: Uint8Array): Promise<void>;
  end(): void;
};

export function createChunkQueue(): ChunkQueue {
  const waiting: { readonly chunk: Uint8Array; readonly done: () => void }[] = [];
  let over = false;
  let wake: () => void = () => undefined;

  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const next = waiting.shift();
        if (next !== undefined) {
          yield next.chunk;
          next.done();
        } else if (over) {
          return;
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      end();
      for (const { done } of waiting.splice(0)) done();
    }
  }
  const end = (): void => {
    over = true;
    wake();
  };

  return {
    chunks: chunks(),
    put(chunk) {
      if (over) return Promise.resolve();
      return new Promise((done) => {
        waiting.push({ chunk, done });
        wake();
      });
    },
    end,
  };
}
