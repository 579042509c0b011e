type Appointment = { readonly at: number; readonly order: number; readonly work: () => Promise<void> | void };

/** What happens next in virtual time; equal times in the order they were put in. A binary heap. */
export type Agenda = {
  put(at: number, work: Appointment['work']): void;
  /** The earliest appointment not after `until`, taken out; null where there is none. */
  takeUntil(until: number): Appointment | null;
};

export function createAgenda(): Agenda {
  const heap: Appointment[] = [];
  let order = 0;
  const before = (left: number, right: number): boolean => {
    const [one, other] = [heap[left], heap[right]];
    return one !== undefined && (other === undefined || one.at < other.at || (one.at === other.at && one.order < other.order));
  };
  const swap = (left: number, right: number): void => {
    const [one, other] = [heap[left], heap[right]];
    if (one !== undefined && other !== undefined) [heap[left], heap[right]] = [other, one];
  };

  return {
    put(at, work) {
      order += 1;
      let index = heap.push({ at, order, work }) - 1;
      while (index > 0) {
        const parent = (index - 1) >> 1;
        if (!before(index, parent)) break;
        swap(index, parent);
        index = parent;
      }
    },
    takeUntil(until) {
      const first = heap[0];
      if (first === undefined || first.at > until) return null;
      const last = heap.pop();
      if (last === undefined || heap.length === 0) return first;
      heap[0] = last;
      for (let index = 0; ; ) {
        const left = 2 * index + 1;
        const smaller = before(left + 1, left) ? left + 1 : left;
        if (!before(smaller, index)) return first;
        swap(index, smaller);
        index = smaller;
      }
    },
  };
}
