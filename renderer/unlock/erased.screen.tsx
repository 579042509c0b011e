import { useClinicTime } from '../outpost/clinic-time.ts';
import { Button } from '../ui/button.tsx';
import { formatDateTime } from '../ui/format.ts';
import { Message } from '../ui/message.tsx';
import { ordersWords as words } from '../words/orders.ts';

/** What was here is gone by order; whoever comes to work must learn that, not be asked to set up a clinic. */
export function ErasedScreen({ erased, onAnew }: { readonly erased: { readonly at: number; readonly by: string }; readonly onAnew: () => void }) {
  const { zone } = useClinicTime();
  return (
    <main className="gate">
      <div className="gate-card">
        <div className="gate-body">
          <Message tone="attention" title={words.erasedTitle} actions={<Button onPress={onAnew}>{words.setUpAnew}</Button>}>
            <p>{words.erasedText(erased.by, formatDateTime(erased.at, zone))}</p>
          </Message>
        </div>
      </div>
    </main>
  );
}
