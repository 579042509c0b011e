import { QueryClientProvider } from '@tanstack/react-query';
import { useState } from 'react';
import { I18nProvider } from 'react-aria-components/I18nProvider';
import { makeQueryClient } from '../outpost/queries.ts';
import { KeyRegister } from '../ui/keys.ts';
import { KeyRegisterContext } from '../ui/use-keys.ts';
import { Gate } from './gate.tsx';
import { Shield } from './shield.tsx';

/** The window: one cache, one register of keys, one gate. */
export function App() {
  const [client] = useState(makeQueryClient);
  const [keys] = useState(() => new KeyRegister());
  return (
    <I18nProvider locale="en-US">
      <QueryClientProvider client={client}>
        <KeyRegisterContext value={keys}>
          <Shield>
            <Gate />
          </Shield>
        </KeyRegisterContext>
      </QueryClientProvider>
    </I18nProvider>
  );
}
