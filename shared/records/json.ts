/** A JSON value (RFC 8259) as `JSON.parse` gives it. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export type JsonObject = { readonly [name: string]: JsonValue };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value as an array; an absent or single value becomes none or one, for input that forgot the brackets. */
export function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value as JsonValue];
}

/** Whether values lie within more than `levels` arrays and objects. Does not recurse, so any value may be asked about. */
export function isDeeperThan(value: unknown, levels: number): boolean {
  const stack: { readonly value: unknown; readonly depth: number }[] = [{ value, depth: 0 }];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    if (typeof top.value !== 'object' || top.value === null) continue;
    if (top.depth >= levels) return true;
    for (const each of Object.values(top.value)) stack.push({ value: each, depth: top.depth + 1 });
  }
  return false;
}
