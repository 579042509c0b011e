import { LineReply, LineRequest } from './line-messages.ts';
import { openLine, type ShapedLine } from './shaper.ts';

/** A shaped line in a process of its own, so that what its ends compute does not delay what crosses it. */

let line: ShapedLine | null = null;

async function answer(request: ReturnType<typeof LineRequest.parse>): Promise<void> {
  if (request.do === 'open') line = await openLine(request.options);
  if (request.do === 'cut') line?.cut();
  if (request.do === 'mend') line?.mend();
  if (line === null) throw new Error('broken assumption: a line is opened first');
  process.send?.(LineReply.parse({ port: line.port, counters: line.counters() }));
}

process.on('message', (message) => void answer(LineRequest.parse(message)));
process.on('disconnect', () => process.exit(0));
