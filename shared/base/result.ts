/** A fault is a plain value: a code from a closed set, and details that hold no patient data and no secret. */
export type Fault<Code extends string> = {
  readonly code: Code;
  /** Machine-readable circumstances: rule ids, limits, positions. Never patient data, never a secret. */
  readonly detail?: Readonly<Record<string, string | number | boolean | null>>;
};

/** The outcome of anything whose failure the caller can act on. */
export type Result<Value, Code extends string> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly fault: Fault<Code> };

export function ok<Value>(value: Value): { readonly ok: true; readonly value: Value } {
  return { ok: true, value };
}

export function refuse<const Code extends string>(
  code: Code,
  detail?: Readonly<Record<string, string | number | boolean | null>>,
): { readonly ok: false; readonly fault: Fault<Code> } {
  return { ok: false, fault: detail === undefined ? { code } : { code, detail } };
}

/** Stops the work where an assumption of the program itself is broken; the caller's transaction rolls back. */
export function assertHolds(condition: unknown, invariant: string): asserts condition {
  if (condition !== true) throw new Error(`broken assumption: ${invariant}`);
}

export function assertNever(value: never): never {
  throw new Error(`broken assumption: unexpected variant of type ${typeof value}`);
}
