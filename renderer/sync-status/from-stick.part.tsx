import { useState } from 'react';
import { useOutside } from '../outpost/audience.ts';
import { useSnapshot } from '../outpost/snapshot.ts';
import { Button } from '../ui/button.tsx';
import { SnapshotPart } from '../ui/snapshot.part.tsx';
import { snapshotWords as words } from '../words/snapshot.ts';

/** For administrators: in full while this workstation is being filled, otherwise behind a button. */
export function FromStick({ loading }: { readonly loading: boolean }) {
  const outside = useOutside('joining');
  const { state } = useSnapshot();
  const [asked, setAsked] = useState(false);
  if (outside) return null;
  if (!asked && !loading && state.at === 'idle') {
    return (
      <div>
        <Button kind="quiet" onPress={() => setAsked(true)}>
          {words.open}
        </Button>
      </div>
    );
  }
  return (
    <section className="panel sync-panel" aria-label={words.title}>
      <h2>{words.title}</h2>
      <SnapshotPart />
    </section>
  );
}
