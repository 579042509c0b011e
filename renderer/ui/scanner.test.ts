import { describe, expect, it } from 'vitest';
import { SCANNER_GAP_MAX_MS, ScannerWatch } from './scanner.ts';

function type(text: string, gapMs: number, ending = 'Enter'): string | null {
  const watch = new ScannerWatch();
  let at = 1000;
  let code: string | null = null;
  for (const key of [...text, ending]) {
    at += gapMs;
    code = watch.press(key, at) ?? code;
  }
  return code;
}

describe('a scanner beside a keyboard', () => {
  it('takes a card number that comes in one burst and ends with Enter', () => {
    expect(type('K7-0042-3', 8)).toBe('K7-0042-3');
    expect(type('K7-0042-3', SCANNER_GAP_MAX_MS)).toBe('K7-0042-3');
  });

  it('takes nothing typed by hand, however it reads', () => {
    expect(type('K7-0042-3', SCANNER_GAP_MAX_MS + 1)).toBeNull();
  });

  it('takes nothing that is not a card number: names, dates, codes, passwords', () => {
    for (const text of ['Okafor', '14 jul 1985', '123456', 'correct horse battery', 'a-b-c', 'ABC-DEF', '']) expect(type(text, 5)).toBeNull();
  });

  it('ignores the Shift that a scanner sends before a capital', () => {
    const watch = new ScannerWatch();
    let at = 0;
    const codes = ['Shift', 'K', '7', '-', '0', '0', '4', '2', '-', '3', 'Enter'].map((key) => watch.press(key, (at += 5)));
    expect(codes.at(-1)).toBe('K7-0042-3');
  });

  it('forgets what stood before a pause or another key', () => {
    const watch = new ScannerWatch();
    let at = 0;
    for (const key of 'XX') watch.press(key, (at += 5));
    at += 500;
    for (const key of 'K7-0042-3') watch.press(key, (at += 5));
    expect(watch.press('Enter', at + 5)).toBe('K7-0042-3');
    for (const key of 'K7-0') watch.press(key, (at += 5));
    watch.press('Backspace', (at += 5));
    for (const key of '042-3') watch.press(key, (at += 5));
    expect(watch.press('Enter', at + 5)).not.toBe('K7-0042-3');
  });

  it('wants the Enter in the same burst', () => {
    const watch = new ScannerWatch();
    let at = 0;
    for (const key of 'K7-0042-3') watch.press(key, (at += 5));
    expect(watch.press('Enter', at + 400)).toBeNull();
  });
});
