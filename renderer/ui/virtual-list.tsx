import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';

export type VirtualListProps<Item> = {
  readonly label: string;
  readonly items: readonly Item[];
  readonly keyOf: (item: Item) => string;
  /** Height of a row in CSS pixels before it is measured. */
  readonly rowHeight: number;
  readonly renderRow: (item: Item, state: { readonly active: boolean; readonly selected: boolean }) => ReactNode;
  /** Enter or click. */
  readonly onOpen: (item: Item) => void;
  readonly selectedKey?: string | null;
  readonly onActive?: (item: Item) => void;
  /** Called when the end comes near, to read the next page. */
  readonly onNearEnd?: () => void;
  readonly autoFocus?: boolean;
  readonly className?: string;
  /** Scrolls to this row when it changes, such as the first of a year. */
  readonly showKey?: string | null;
};

const OVERSCAN_ROWS = 8;
const NEAR_END_ROWS = 12;

/**
 * A long list of which only the rows in view exist. One tab stop; arrows, Page, Home and End move, Enter opens.
 * Every row tells its place among all, so that a screen reader says "3 of 2,114".
 */
export function VirtualList<Item>(props: VirtualListProps<Item>) {
  const { items, keyOf, rowHeight, renderRow, onOpen, selectedKey = null, onActive, onNearEnd, showKey = null } = props;
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const at = Math.min(active, Math.max(0, items.length - 1));
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN_ROWS,
    getItemKey: (index) => {
      const item = items[index];
      return item === undefined ? index : keyOf(item);
    },
  });
  const rows = virtual.getVirtualItems();
  const last = rows.at(-1)?.index ?? 0;
  useEffect(() => {
    if (items.length > 0 && last >= items.length - NEAR_END_ROWS) onNearEnd?.();
  }, [last, items.length, onNearEnd]);
  const showIndex = showKey === null ? -1 : items.findIndex((item) => keyOf(item) === showKey);
  useEffect(() => {
    if (showIndex >= 0) virtual.scrollToIndex(showIndex, { align: 'start' });
    // The virtualizer object is new on every render; only a new target scrolls.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [showIndex]);

  const moveTo = (index: number): void => {
    const next = Math.max(0, Math.min(items.length - 1, index));
    const item = items[next];
    if (item === undefined) return;
    setActive(next);
    virtual.scrollToIndex(next);
    onActive?.(item);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? rowHeight) / rowHeight) - 1);
    const moves: Readonly<Record<string, number>> = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: items.length - 1 };
    const to = moves[event.key];
    const item = items[at];
    if (to !== undefined) moveTo(to);
    else if (event.key === 'Enter' && item !== undefined && !event.ctrlKey) onOpen(item);
    else return;
    event.preventDefault();
  };
  const activeItem = items[at];
  return (
    <div
      ref={scroller}
      className={`virtual-list ${props.className ?? ''}`}
      role="listbox"
      aria-label={props.label}
      tabIndex={0}
      // oxlint-disable-next-line jsx-a11y/no-autofocus
      autoFocus={props.autoFocus ?? false}
      aria-activedescendant={activeItem === undefined || !rows.some(({ index }) => index === at) ? undefined : `${id}-${at}`}
      onKeyDown={onKeyDown}
    >
      <div className="virtual-space" role="presentation" style={{ blockSize: virtual.getTotalSize() }}>
        {rows.map((row) => {
          const item = items[row.index];
          if (item === undefined) return null;
          const selected = keyOf(item) === selectedKey;
          return (
            // The list itself has the focus and the keys; a row answers to the pointer only.
            // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
            <div
              key={row.key}
              id={`${id}-${row.index}`}
              ref={virtual.measureElement}
              data-index={row.index}
              role="option"
              aria-selected={selected}
              aria-setsize={items.length}
              aria-posinset={row.index + 1}
              className={`virtual-row${row.index === at ? ' is-active' : ''}${selected ? ' is-selected' : ''}`}
              style={{ transform: `translateY(${row.start}px)` }}
              onClick={() => {
                setActive(row.index);
                onOpen(item);
              }}
            >
              {renderRow(item, { active: row.index === at, selected })}
            </div>
          );
        })}
      </div>
    </div>
  );
}
