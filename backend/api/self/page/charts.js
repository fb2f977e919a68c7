import { drawing, element } from './elements.js';
import { formatClock } from './format.js';

const WIDTH = 400;
const HEIGHT = 58;
const TOP = 5;

/** SVG paths of a line and the area below it; null values leave gaps. */
export function linePaths(timestampsMs, values, fromMs, toMs, highest) {
  const x = (timestampMs) => round((WIDTH * (timestampMs - fromMs)) / Math.max(toMs - fromMs, 1));
  const y = (value) => round(HEIGHT - (HEIGHT - TOP) * (highest > 0 ? value / highest : 0));
  let line = '';
  let area = '';
  let start;
  let last;
  const closeArea = () => {
    if (start !== undefined) {
      area += `L${last} ${HEIGHT}L${start} ${HEIGHT}Z`;
      start = undefined;
    }
  };
  timestampsMs.forEach((timestampMs, index) => {
    const value = values[index];
    if (typeof value !== 'number') {
      closeArea();
      return;
    }
    const point = `${x(timestampMs)} ${y(value)}`;
    const command = start === undefined ? 'M' : 'L';
    line += `${command}${point}`;
    area += `${command}${point}`;
    start ??= x(timestampMs);
    last = x(timestampMs);
  });
  closeArea();
  return { line, area };
}

/** A small chart of one or more lines. `onPoint` hears the row under the pointer, and undefined when it leaves. */
export function areaChart(lines, onPoint) {
  const shapes = lines.map(({ style }) => ({
    area: drawing('path', { class: `area ${style}` }),
    stroke: drawing('path', { class: `stroke ${style}` }),
  }));
  const cursor = drawing('line', { class: 'cursor', y1: 0, y2: HEIGHT, visibility: 'hidden' });
  const svg = drawing('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' });
  svg.append(...shapes.flatMap(({ area, stroke }) => [area, stroke]), cursor);
  const root = element('div', { className: 'chart' }, svg);
  let shown = { timestampsMs: [], fromMs: 0, toMs: 1 };
  root.addEventListener('pointermove', (event) => {
    const box = root.getBoundingClientRect();
    const row = nearestRow(shown, (event.clientX - box.left) / box.width);
    if (row !== undefined) {
      const at = round((WIDTH * (shown.timestampsMs[row] - shown.fromMs)) / Math.max(shown.toMs - shown.fromMs, 1));
      cursor.setAttribute('x1', at);
      cursor.setAttribute('x2', at);
      cursor.setAttribute('visibility', 'visible');
      onPoint(row);
    }
  });
  root.addEventListener('pointerleave', () => {
    cursor.setAttribute('visibility', 'hidden');
    onPoint(undefined);
  });
  const update = (timestampsMs, columns, resolutionMs) => {
    const toMs = timestampsMs.at(-1) ?? 0;
    const fromMs = Math.min(timestampsMs[0] ?? 0, toMs - 4 * resolutionMs);
    shown = { timestampsMs, fromMs, toMs };
    const highest = 1.12 * Math.max(0, ...columns.flat().filter((value) => typeof value === 'number'));
    columns.forEach((values, index) => {
      const { line, area } = linePaths(timestampsMs, values, fromMs, toMs, highest);
      shapes[index].stroke.setAttribute('d', line);
      shapes[index].area.setAttribute('d', area);
    });
  };
  return { root, update };
}

function nearestRow({ timestampsMs, fromMs, toMs }, share) {
  const wantedMs = fromMs + share * (toMs - fromMs);
  let best;
  timestampsMs.forEach((timestampMs, row) => {
    if (best === undefined || Math.abs(timestampMs - wantedMs) < Math.abs(timestampsMs[best] - wantedMs)) {
      best = row;
    }
  });
  return best;
}

/** A bar with what is used, and a mark for what is requested, against the whole. */
export function meter(style) {
  const fill = element('i', { className: style });
  const mark = element('u', { title: 'requested' });
  const root = element('div', { className: 'meter' }, fill, mark);
  const update = (used, requested, whole) => {
    const known = whole > 0 && typeof used === 'number';
    fill.style.width = known ? `${Math.min(100, (100 * used) / whole)}%` : '0';
    root.classList.toggle('full', known && used / whole >= 0.9);
    mark.hidden = !(whole > 0 && typeof requested === 'number');
    mark.style.left = mark.hidden ? '0' : `${Math.min(100, (100 * requested) / whole)}%`;
  };
  return { root, update };
}

/** A bar of parts and the legend below it; parts of zero are left out, but for the first. */
export function stackedBar(root, legend, parts) {
  const shown = parts.filter((part, index) => part.count > 0 || index === 0);
  root.replaceChildren(
    ...shown
      .filter((part) => part.count > 0)
      .map((part) => {
        const piece = element('i', { className: part.style, title: `${part.name}: ${part.count}` });
        piece.style.flexGrow = String(part.count);
        return piece;
      })
  );
  legend.replaceChildren(
    ...shown.map((part) =>
      element(
        'li',
        {},
        element('i', { className: part.style }),
        `${part.name} `,
        element('b', {}, part.count.toLocaleString('en'))
      )
    )
  );
}

/** `14:05` for the caption of a chart. */
export function captionAt(timestampMs) {
  return formatClock(timestampMs);
}

function round(value) {
  return Math.round(value * 100) / 100;
}
