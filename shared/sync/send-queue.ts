import { FRAME_LANES } from './limits.ts';
import { LANE, type Lane } from '../ledger/lanes.ts';
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
  /** Until the line takes more of what is not urgent; null while it does. */
  let full: Promise<void> | null = null;
  /** Their last frame is with the line, which has not taken it yet. */
  const leaving = new Set<Job>();
  /** Resolves when something urgent is put in. */
  let urgent = Promise.withResolvers<void>();

  const stop = (): void => {
    stopped = true;
    for (const jobs of lanes) for (const job of jobs.splice(0)) job.done();
    for (const job of leaving) job.done();
  };

  /** One step of the most urgent message: making it, or writing its next frame. */
  const step = async (jobs: Job[], job: Job, lane: Lane): Promise<void> => {
    if (job.message === null) {
      job.message = await job.make();
      return;
    }
    const { frame, next } = frameAt(job.message, job.offset, lane);
    job.offset = next;
    const isLast = next === job.message.length;
    if (isLast && jobs[0] === job) {
      jobs.shift();
      leaving.add(job);
    }
    const taken = write(frame).then(() => {
      if (full === taken) full = null;
      if (isLast && leaving.delete(job)) job.done();
    });
    // What is urgent need not wait until the line has room for what is not.
    if (lane === LANE.urgent) await taken;
    else full = taken;
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
        if (full !== null && lane !== LANE.urgent) {
          await Promise.race([full, urgent.promise]);
          continue;
        }
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
    await Promise.all([...lanes.flat(), ...leaving].map(({ written }) => written));
  };

  return {
    async put(message, lane) {
      if (stopped) return;
      const job = newJob(message);
      lanes[lane]?.push(job);
      if (lane === LANE.urgent) {
        urgent.resolve();
        urgent = Promise.withResolvers();
      }
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
