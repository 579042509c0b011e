import { contextBridge, ipcRenderer } from 'electron';
import { buildClientApi } from '../shared/ipc/client-api.ts';
import { CALL_NAMES, ENGINE_EVENT_NAMES } from '../shared/ipc/contract.ts';
import { FROM_ENGINE, TO_ENGINE } from '../shared/ipc/port.ts';

contextBridge.exposeInMainWorld(
  'outpost',
  buildClientApi(
    { calls: CALL_NAMES, events: ENGINE_EVENT_NAMES },
    {
      post: (message) => ipcRenderer.send(TO_ENGINE, message),
      // The event object carries `sender` and ports; the page must never hold it.
      onMessage: (listener) => void ipcRenderer.on(FROM_ENGINE, (_event, message: unknown) => listener(message)),
      close: () => undefined,
    },
  ),
);
