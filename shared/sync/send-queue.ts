import { FRAME_LANES } from './limits.ts';
import type { Lane } from '../ledger/lanes.ts';
import { frameAt } from './frame.ts';

/**
 * Messages on their way to the line, in four lanes. Within a lane they leave in the order they were put in; between lanes
 * the lower number goes first, frame by frame: an urgent message waits for one frame of a bulky one and no longer.
 */
export type SendQueue = {
  /** Resolves when the message is written, or nothing is written any more. */
  put(message: () => Promise<Uint8Array> | Uint8Array, lane: Lane): Promise<void>;
  /** After everything put so far. */
  afterwards(action: () => void): Promise<void>;
  stop(): void;
  /** Resolves when everything put so far is written, or nothing is written any more. */
  drained(): Promise<void>;
};

type Job = { readonly make: () => Promise<Uint8Array> | Uint8Array; message: Uint8Array | null; offset: number; readonly written: Promise<void>; readonly done: () => void };

function newJob(make: Job['make']): Job {
  const { promise: written, resolve: done } = Promise.withResolvers<void>();
  return { make, message: null, offset: 0, written, done };
}

/**
 * `write` resolves when the line has taken the bytes, or when it is gone (its owner learns of that elsewhere); it does
 * not reject. `onBroken` hears of a message that could not be made, after which nothing more is sent.
 */
export function createSendQueue(write: (bytes: Uint8Array) => Promise<void>, onBroken: () => void): SendQueue {
  const lanes: Job[][] = Array.from({ length: FRAME_LANES }, () => []);
  let stopped = false;
  let pumping = false;

  const stop = (): void => {
    stopped = true;
    for (const jobs of lanes) for (const job of jobs.splice(0)) job.done();
  };

  /** One step of the most urgent message: making it, or writing its next frame. */
  const step = async (jobs: Job[], job: Job, lane: Lane): Promise<void> => {
    if (job.message === null) {
      job.message = await job.make();
      return;
    }
    const { frame, next } = frameAt(job.message, job.offset, lane);
    job.offset = next;
    await write(frame);
    if (job.offset < job.message.length || jobs[0] !== job) return;
    jobs.shift();
    job.done();
  };

  const pump = async (): Promise<void> => {
    if (pumping) return;
    pumping = true;
    try {
      for (;;) {
        const lane = lanes.findIndex((jobs) => jobs.length > 0);
        const [jobs, job] = [lanes[lane], lanes[lane]?.[0]];
        // Stopping takes every message out of its lane.
        if (jobs === undefined || job === undefined) break;
        await step(jobs, job, lane as Lane);
      }
    } catch {
      stop();
      onBroken();
    } finally {
      pumping = false;
    }
  };

  const drained = async (): Promise<void> => {
    await Promise.all(lanes.flatMap((jobs) => jobs.map(({ written }) => written)));
  };

  return {
    async put(message, lane) {
      if (stopped) return;
      const job = newJob(message);
      lanes[lane]?.push(job);
      void pump();
      await job.written;
    },
    async afterwards(action) {
      await drained();
      if (!stopped) action();
    },
    stop,
    drained,
  };
}
