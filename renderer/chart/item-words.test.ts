import { expect, it } from 'vitest';
import { detailWords, itemDetail } from './item-words.ts';

it.each([
  ['128/82 mm[Hg]', '128/82 mmHg'],
  ['37.2 Cel', '37.2 °C'],
  ['62 kg', '62 kg'],
  ['3 {score}', '3'],
  ['1 tablet, oral, twice daily', '1 tablet, oral, twice daily'],
  ['Lot AB1234', 'Lot AB1234'],
  ['', ''],
])('%s reads %s', (detail, expected) => {
  expect(detailWords(detail)).toBe(expected);
});

it('does not say the title twice', () => {
  expect(itemDetail({ type: 'DocumentReference', title: 'SOAP note', detail: 'SOAP note' })).toBeNull();
  expect(itemDetail({ type: 'Observation', title: 'Heart rate', detail: '76 /min' })).toBe('76 /min');
  expect(itemDetail({ type: 'Condition', title: 'Asthma', detail: null })).toBeNull();
});
