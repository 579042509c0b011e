import { refuse } from '../../shared/base/result.ts';
import { Request, type SenderFacts } from '../../shared/ipc/envelope.ts';
import { CALLS_IN_FLIGHT_MAX, type Port } from '../../shared/ipc/port.ts';
import type { Log } from '../log/log.ts';
import type { Dispatch } from './dispatch.ts';
import type { Workstation } from './workstation.ts';

/** Answers the calls that come over one port, and passes events on to it. What is not a request gets no answer and a line in the log. */
export function servePort(port: Port, sender: SenderFacts, dispatch: Dispatch, workstation: Workstation, log: Log): () => void {
  let underWay = 0;
  const stopEvents = sender.frame === 'main' ? workstation.onEvent((event, data) => port.post({ event, data })) : () => undefined;
  port.onMessage((message) => {
    const request = Request.safeParse(message);
    if (!request.success) {
      log.warn('engine.message-refused', { frame: sender.frame });
      return;
    }
    const { id, name, input } = request.data;
    if (underWay >= CALLS_IN_FLIGHT_MAX) {
      port.post({ id, ...refuse('BUSY', { limit: CALLS_IN_FLIGHT_MAX }) });
      return;
    }
    underWay += 1;
    void dispatch(name, input, sender)
      .then((outcome) => port.post({ id, ...outcome }))
      .finally(() => {
        underWay -= 1;
      });
  });
  return () => {
    stopEvents();
    port.close();
  };
}
