import { useEffect, useState } from 'react';
import { uiWords } from '../words/ui.ts';

/** Answers within this time show no skeleton: a flash is worse than a short wait. */
const SKELETON_AFTER_MS = 150;

/** Grey lines in the place of what is being read. */
export function Skeleton({ lines = 4, label = uiWords.loading }: { readonly lines?: number; readonly label?: string }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), SKELETON_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="skeleton" role="status" aria-label={label}>
      {shown ? Array.from({ length: lines }, (_, line) => <div key={line} className="skeleton-line" data-line={line % 4} />) : null}
    </div>
  );
}
