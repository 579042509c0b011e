import type { ImportLimits } from './import-limits.ts';
import type { ReadyFile } from './import-write.ts';

/** Small files that have been read and are to be taken in one transaction together. */
export class ReadyFiles {
  readonly #limits: ImportLimits;
  readonly #patientNames = new Set<string>();
  #files: ReadyFile[] = [];
  #resources = 0;
  #characters = 0;

  constructor(limits: ImportLimits) {
    this.#limits = limits;
  }

  get files(): readonly ReadyFile[] {
    return this.#files;
  }

  hasRoomFor(resources: number, characters: number): boolean {
    return this.#files.length === 0 || (this.#resources + resources <= this.#limits.smallResources && this.#characters + characters <= this.#limits.smallCharacters);
  }

  add(file: ReadyFile, characters: number, patientNames: Iterable<string>): void {
    this.#files.push(file);
    this.#resources += file.incoming.length;
    this.#characters += characters;
    for (const name of patientNames) this.#patientNames.add(name);
  }

  /** Whether a patient of that name is among them. */
  holdsPatient(name: string): boolean {
    return this.#patientNames.has(name);
  }

  clear(): void {
    this.#files = [];
    this.#patientNames.clear();
    this.#resources = 0;
    this.#characters = 0;
  }
}
