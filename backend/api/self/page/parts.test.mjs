import { linePaths } from './charts.js';
import { formatAge, formatBytes, formatCores, formatDuration } from './format.js';
import { selectRows, shortSentence } from './nodesTable.js';

test.each([
  [formatCores(350.4), '350 m'],
  [formatCores(12_400), '12.4'],
  [formatCores(33_203_000), '33,203'],
  [formatCores(null), '–'],
  [formatBytes(0), '0 B'],
  [formatBytes(1536), '1.5 KiB'],
  [formatBytes(38.3 * 2 ** 30), '38.3 GiB'],
  [formatBytes(undefined), '–'],
  [formatDuration(4), '4 ms'],
  [formatDuration(4_800), '4.8 s'],
  [formatDuration(59_900), '1 min'],
  [formatDuration(3_600_000), '1 h'],
  [formatDuration(100_000_000), '1 d 4 h'],
  [formatAge(0), 'now'],
  [formatAge(-5_000), 'now'],
  [formatAge(119_000), '119 s ago'],
  [formatAge(120_000), '2 min ago'],
  [formatAge(null), 'never'],
])('a number is shown as people read it: %s', (shown, expected) => {
  expect(shown).toBe(expected);
});

test('a line is broken where a value is missing, and each piece has its own area', () => {
  const { line, area } = linePaths([0, 1, 2, 3], [5, null, 10, 0], 0, 4, 10);
  expect(line).toBe('M0 31.5M200 5L300 58');
  expect(area).toBe('M0 31.5L0 58L0 58ZM200 5L300 58L300 58L200 58Z');
});

const columns = {
  name: ['a-1', 'b-2', 'c-3', 'd-4'],
  state: ['ok', 'failing', 'ok', 'not_ready'],
  errors: { 1: 'Kubelet on node b-2 was silent.' },
  cpuMillicores: [100, null, 300, null],
  cpuAllocatableMillicores: [200, 1000, 1000, null],
  memoryBytes: [1, null, 2, null],
  memoryAllocatableBytes: [4, 4, 4, 4],
  pods: [3, null, 1, null],
  lastScrapeMs: [5, 1, 6, null],
  durationMs: [10, 20, 5, null],
};
const view = { text: '', states: new Set(), sort: 'state', descending: false };

test('nodes are ordered by trouble first, then by name', () => {
  expect(selectRows(columns, view)).toEqual([1, 3, 0, 2]);
});

test('nodes are ordered by the share they use, unknown ones last in both directions', () => {
  expect(selectRows(columns, { ...view, sort: 'cpu', descending: true })).toEqual([0, 2, 1, 3]);
  expect(selectRows(columns, { ...view, sort: 'cpu' })).toEqual([2, 0, 1, 3]);
});

test('nodes are found by name, by words of the error, and by state', () => {
  expect(selectRows(columns, { ...view, text: ' C-' })).toEqual([2]);
  expect(selectRows(columns, { ...view, text: 'silent' })).toEqual([1]);
  expect(selectRows(columns, { ...view, states: new Set(['not_ready', 'failing']) })).toEqual([1, 3]);
});

test('a sentence in the row of its node leaves the name out', () => {
  expect(shortSentence('Kubelet on node b-2 was silent. Allow `get`.', 'b-2')).toBe('Kubelet was silent. Allow get.');
  expect(shortSentence(undefined, 'b-2')).toBeUndefined();
});
