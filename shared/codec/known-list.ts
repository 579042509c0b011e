import { MalformedBytes } from '../sync/wire-bytes.ts';
import { KNOWN_MAX } from './budget.ts';

/** Things in the order in which they were first met, so that both sides can name them by number. */
export class KnownList {
  readonly #items: string[];
  readonly #places: Map<string, number>;

  constructor(items: readonly string[] = []) {
    this.#items = [...items];
    this.#places = new Map(items.map((item, place) => [item, place]));
  }

  copy(): KnownList {
    return new KnownList(this.#items);
  }

  get length(): number {
    return this.#items.length;
  }

  /** -1 where it is not known. */
  placeOf(item: string): number {
    return this.#places.get(item) ?? -1;
  }

  at(place: number): string {
    const item = this.#items[place];
    if (item === undefined) throw new MalformedBytes('points to nothing');
    return item;
  }

  /** Remembers it, unless it is known or there are too many. */
  add(item: string): void {
    if (this.#items.length >= KNOWN_MAX || this.#places.has(item)) return;
    this.#places.set(item, this.#items.length);
    this.#items.push(item);
  }
}

const RECENT_MAX = 48;

/** What was named lately, the latest first. */
export class Recents {
  readonly #items: string[] = [];

  /** -1 where it is not among them. */
  rankOf(item: string): number {
    return this.#items.indexOf(item);
  }

  at(rank: number): string {
    const item = this.#items[rank];
    if (item === undefined) throw new MalformedBytes('points to nothing');
    return item;
  }

  touch(item: string): void {
    const rank = this.#items.indexOf(item);
    if (rank === 0) return;
    if (rank > 0) this.#items.splice(rank, 1);
    this.#items.unshift(item);
    if (this.#items.length > RECENT_MAX) this.#items.pop();
  }
}
