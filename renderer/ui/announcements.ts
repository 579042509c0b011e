/**
 * Takes back what was read aloud. The widget kit leaves each announcement in the document for seconds, and it may say
 * what stood on a chart: after a lock nothing may.
 */
export function forgetAnnouncements(): void {
  for (const log of document.querySelectorAll('[data-live-announcer] [role="log"]')) log.replaceChildren();
}
