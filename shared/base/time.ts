const MS_PER_MINUTE = 60_000;

/** RFC 3339 local time with offset, millisecond precision: `2026-07-14T09:30:00.000-05:00`. */
export function localTimestamp(atMs: number, offsetMinutes: number): string {
  const local = new Date(atMs + offsetMinutes * MS_PER_MINUTE).toISOString().slice(0, -1);
  const sign = offsetMinutes < 0 ? '-' : '+';
  const size = Math.abs(offsetMinutes);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${local}${sign}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
