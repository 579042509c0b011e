/** Folders of bulk exports name a file by the type it holds. */
const FIRST: readonly RegExp[] = [/^Patient\b/iu, /^Encounter\b/iu];

/**
 * Patients first, then encounters, then everything else; within each by name. The engine takes any order, but keeps
 * what names a patient that it has not met aside until it does.
 */
export function inImportOrder<File extends { readonly name: string }>(files: readonly File[]): readonly File[] {
  const rank = ({ name }: File): number => {
    const at = FIRST.findIndex((pattern) => pattern.test(name));
    return at === -1 ? FIRST.length : at;
  };
  return files.toSorted((left, right) => rank(left) - rank(right) || (left.name < right.name ? -1 : Number(left.name > right.name)));
}
