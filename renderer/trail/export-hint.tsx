import { trailWords } from '../words/trail.ts';

const words = trailWords.export;

/** How the trail leaves this workstation: never through a page, which may not name files. */
export function ExportHint() {
  return (
    <p className="trail-export small muted">
      {words.text} <code>{words.command}</code>. {words.care}
    </p>
  );
}
