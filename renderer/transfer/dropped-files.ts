import type { DropZoneProps } from 'react-aria-components/DropZone';

/** A file, a folder or a text, as it was dropped. */
export type DropItem = Parameters<NonNullable<DropZoneProps['onDrop']>>[0]['items'][number];

/** The files of a drop, folders walked, up to one more than `limit` so that "too many" is noticed without reading on. */
export async function filesOfDrop(items: readonly DropItem[], limit: number): Promise<readonly File[]> {
  const files: File[] = [];
  for (const item of items) await collect(item, files, limit);
  return files;
}

async function collect(item: DropItem, files: File[], limit: number): Promise<void> {
  if (files.length > limit) return;
  if (item.kind === 'file') files.push(await item.getFile());
  else if (item.kind === 'directory') for await (const entry of item.getEntries()) await collect(entry, files, limit);
}
