import { useClinicTime } from '../outpost/clinic-time.ts';
import { Button } from '../ui/button.tsx';
import { formatDateTime } from '../ui/format.ts';
import { ordersWords as words } from '../words/orders.ts';

/** What was here is gone by order; whoever comes to work must learn that, not be asked to set up a clinic. */
export function ErasedScreen({ erased, onAnew }: { readonly erased: { readonly at: number; readonly by: string }; readonly onAnew: () => void }) {
  const { zone } = useClinicTime();
  return (
    <main className="gate">
      <div className="gate-card">
        <div className="gate-body sign-in">
          <div role="alert" className="fields">
            <h1>{words.erasedTitle}</h1>
            <p className="prose">{words.erasedText(erased.by, formatDateTime(erased.at, zone))}</p>
          </div>
          <div className="actions">
            <Button onPress={onAnew}>{words.setUpAnew}</Button>
          </div>
        </div>
      </div>
    </main>
  );
}
