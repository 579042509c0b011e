/** The name that the operating system or a library gave an error, such as `ENOSPC`; null for what carries none. It holds no path and no content. */
export function systemCodeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** For the detail of a fault, which says something in any case. */
export function systemCode(error: unknown): string {
  return systemCodeOf(error) ?? 'unknown';
}
