import { generate } from 'lean-qr';
import { useMemo } from 'react';
import { uiWords } from '../words/ui.ts';

/** Light modules around the code, ISO/IEC 18004 section 9.1. */
const QUIET_ZONE_MODULES = 4;

/** A QR code as one SVG path: sharp on paper, and no data URL or canvas read-back. Always dark on light. */
export function QrCode({ text, label = uiWords.qrCode }: { readonly text: string; readonly label?: string }) {
  const { path, size } = useMemo(() => draw(text), [text]);
  return (
    <svg className="qr-code" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <rect className="qr-light" width={size} height={size} />
      <path className="qr-dark" d={path} />
    </svg>
  );
}

function draw(text: string): { readonly path: string; readonly size: number } {
  const code = generate(text);
  let path = '';
  for (let y = 0; y < code.size; y += 1) {
    for (let x = 0; x < code.size; x += 1) {
      if (!code.get(x, y)) continue;
      let width = 1;
      while (code.get(x + width, y)) width += 1;
      path += `M${x + QUIET_ZONE_MODULES} ${y + QUIET_ZONE_MODULES}h${width}v1h-${width}z`;
      x += width;
    }
  }
  return { path, size: code.size + 2 * QUIET_ZONE_MODULES };
}
