import { Button } from '../ui/button.tsx';
import { useNavigation } from '../ui/navigation.ts';
import { frameWords as words } from '../words/frame.ts';
import { useFrame } from './frame-context.ts';

/** Bars across the top that cannot be dismissed, only answered. */
export function FrameBars({ onLock }: { readonly onLock: () => void }) {
  const { status } = useFrame();
  const { go } = useNavigation();
  return (
    <div className="bars">
      {status.state === 'held' ? (
        <div className="bar bar-danger" role="alert">
          <span className="mark mark-danger" aria-hidden="true" />
          <p>
            <strong>{words.heldTitle}</strong> {words.heldBody} {status.held === null ? null : <span className="small">{status.held}</span>}
          </p>
          <Button onPress={() => go({ to: 'trail' })}>{words.heldAction}</Button>
        </div>
      ) : null}
      {status.clock === 'suspect' ? (
        <div className="bar bar-attention" role="alert">
          <span className="mark mark-attention" aria-hidden="true" />
          <p>
            <strong>{words.clockTitle}</strong> {words.clockBody}
          </p>
          <Button onPress={onLock}>{words.clockAction}</Button>
        </div>
      ) : null}
    </div>
  );
}
