import { type ReactNode, useEffect, useRef } from 'react';

/** A part that has just appeared takes the focus unless something in it has it already, so that the next key lands there. */
export function KeyRegion({ children, className }: { readonly children: ReactNode; readonly className?: string }) {
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (root.current !== null && !root.current.contains(document.activeElement)) root.current.focus();
  }, []);
  return (
    <div ref={root} tabIndex={-1} className={className}>
      {children}
    </div>
  );
}
