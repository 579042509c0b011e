/** Largest piece of a file that one call carries (import.chunk), bytes. */
export const CHUNK_BYTES = 1024 * 1024;

export type Chunk = { readonly bytes: Uint8Array<ArrayBuffer>; readonly last: boolean };
/** What of a File is needed to send it. */
export type ByteSource = { readonly size: number; readonly slice: (from: number, to: number) => { readonly arrayBuffer: () => Promise<ArrayBuffer> } };

/**
 * The bytes of a file in order, read only as they are asked for. An empty file is one empty chunk, so that it too
 * gets its report. Rejects where the file cannot be read any more (removed, changed, unplugged).
 */
export async function* chunksOf(source: ByteSource, chunkBytes = CHUNK_BYTES): AsyncGenerator<Chunk, void, void> {
  let offset = 0;
  do {
    const end = Math.min(source.size, offset + chunkBytes);
    const bytes = new Uint8Array(await source.slice(offset, end).arrayBuffer());
    offset = end;
    yield { bytes, last: offset >= source.size };
  } while (offset < source.size);
}
