import { areaChart, captionAt, meter, stackedBar } from './charts.js';
import { element, setText } from './elements.js';
import { formatBytes, formatCores, formatCount, formatDuration, formatRate, formatShare } from './format.js';

const STATES = [
  { key: 'ok', name: 'answering', style: 'c-ok' },
  { key: 'failing', name: 'failing', style: 'c-bad' },
  { key: 'not_ready', name: 'not ready', style: 'c-warn' },
  { key: 'waiting', name: 'waiting', style: 'c-idle' },
];
const PHASES = [
  { key: 'Running', style: 'c-ok' },
  { key: 'Pending', style: 'c-warn' },
  { key: 'Failed', style: 'c-bad' },
  { key: 'Succeeded', style: 'c-done' },
  { key: 'Unknown', style: 'c-idle' },
];

/** The tiles of the cluster at a glance; `update` draws a status into them. */
export function createOverview(root) {
  const tiles = [
    nodesTile(),
    usageTile('CPU', 'cpu', formatCores, 'cores', 'cpuMillicores', 'cpuRequestMillicores', 'cpuAllocatableMillicores'),
    usageTile('Memory', 'memory', formatBytes, '', 'memoryBytes', 'memoryRequestBytes', 'memoryAllocatableBytes'),
    podsTile(),
    networkTile(),
    dataTile(),
  ];
  root.replaceChildren(...tiles.map((tile) => tile.root));
  return {
    update(status) {
      for (const tile of tiles) {
        tile.update(status);
      }
    },
  };
}

function frame(title, ...children) {
  const caption = element('span');
  return {
    caption,
    root: element('article', { className: 'card tile' }, element('h2', {}, title, caption), ...children),
  };
}

function figureOf(mark) {
  const number = element('span');
  const unit = element('small');
  const marks = mark ? [element('i', { className: mark })] : [];
  return { root: element('p', { className: 'figure' }, ...marks, number, unit), number, unit };
}

function nodesTile() {
  const figure = figureOf();
  const bar = element('div', { className: 'stack' });
  const legend = element('ul', { className: 'legend' });
  const { root, caption } = frame('Nodes', figure.root, bar, legend);
  return {
    root,
    update({ nodeStates }) {
      const total = Object.values(nodeStates).reduce((sum, count) => sum + count, 0);
      setText(figure.number, formatCount(nodeStates.ok));
      setText(figure.unit, `of ${formatCount(total)} answering`);
      setText(caption, formatShare(nodeStates.ok, total));
      stackedBar(
        bar,
        legend,
        STATES.map(({ key, name, style }) => ({ name, style, count: nodeStates[key] ?? 0 }))
      );
    },
  };
}

function podsTile() {
  const figure = figureOf();
  const bar = element('div', { className: 'stack' });
  const legend = element('ul', { className: 'legend' });
  const { root, caption } = frame('Pods', figure.root, bar, legend);
  return {
    root,
    update({ totals }) {
      const total = Object.values(totals.pods).reduce((sum, count) => sum + count, 0);
      setText(figure.number, formatCount(totals.pods.Running ?? 0));
      setText(figure.unit, `of ${formatCount(total)} running`);
      const around = [
        [totals.namespaces, 'namespaces'],
        [totals.workloads, 'workloads'],
        [totals.containers, 'containers'],
      ];
      setText(
        caption,
        around
          .filter(([count]) => count !== undefined)
          .map(([count, word]) => `${formatCount(count)} ${word}`)
          .join(' · ')
      );
      stackedBar(
        bar,
        legend,
        PHASES.map(({ key, style }) => ({ name: key.toLowerCase(), style, count: totals.pods[key] ?? 0 }))
      );
    },
  };
}

/** `CPU` and `Memory`: the number, the bar with the mark of the requests, the history. */
function usageTile(title, style, format, word, usedKey, requestKey, wholeKey) {
  const figure = figureOf();
  const bar = meter(`c-${style}`);
  let status;
  const chart = areaChart([{ style: `s-${style}` }], (row) => show(row));
  const { root, caption } = frame(title, figure.root, bar.root, chart.root);
  const show = (row) => {
    const used = row === undefined ? status.totals[usedKey] : status.history[usedKey][row];
    const whole = status.totals[wholeKey];
    setText(figure.number, format(used));
    setText(figure.unit, whole > 0 ? `of ${format(whole)} ${word}`.trim() : '');
    const requested = formatShare(status.totals[requestKey], whole);
    const now = [formatShare(used, whole) && `${formatShare(used, whole)} used`, requested && `${requested} requested`];
    setText(caption, row === undefined ? now.filter(Boolean).join(' · ') : captionAt(status.history.timestampsMs[row]));
  };
  return {
    root,
    update(next) {
      status = next;
      show(undefined);
      bar.update(next.totals[usedKey], next.totals[requestKey], next.totals[wholeKey]);
      chart.update(next.history.timestampsMs, [next.history[usedKey]], next.round.resolutionMs);
    },
  };
}

function networkTile() {
  const received = figureOf('c-rx');
  const sent = figureOf('c-tx');
  setText(received.unit, 'received');
  setText(sent.unit, 'sent');
  const figures = element('div', { className: 'pair' }, received.root, sent.root);
  let status;
  const chart = areaChart([{ style: 's-rx' }, { style: 's-tx' }], (row) => show(row));
  const { root, caption } = frame('Network', figures, chart.root);
  const show = (row) => {
    const { totals, history } = status;
    setText(
      received.number,
      formatRate(row === undefined ? totals.networkRxBytesPerSecond : history.networkRxBytesPerSecond[row])
    );
    setText(
      sent.number,
      formatRate(row === undefined ? totals.networkTxBytesPerSecond : history.networkTxBytesPerSecond[row])
    );
    setText(caption, row === undefined ? 'all pods' : captionAt(history.timestampsMs[row]));
  };
  return {
    root,
    update(next) {
      status = next;
      show(undefined);
      const { timestampsMs, networkRxBytesPerSecond, networkTxBytesPerSecond } = next.history;
      chart.update(timestampsMs, [networkRxBytesPerSecond, networkTxBytesPerSecond], next.round.resolutionMs);
    },
  };
}

function dataTile() {
  const figure = figureOf();
  const facts = element('dl', { className: 'facts' });
  const { root } = frame('Data', figure.root, facts);
  return {
    root,
    update({ head, disk, round, nowMs, startedMs }) {
      const oldestMs = Math.min(disk?.oldestMs ?? Infinity, head.oldestMs ?? Infinity);
      const spanMs = oldestMs === Infinity ? 0 : (head.newestMs ?? 0) - oldestMs;
      setText(figure.number, spanMs > 0 ? formatDuration(spanMs) : '–');
      setText(figure.unit, disk ? 'of history' : 'of history in memory');
      const rows = [
        ...(disk ? [['Disk', `${formatBytes(disk.bytes)}, at most ${formatBytes(disk.maxBytes)}`]] : []),
        ['Memory', `${formatBytes(head.bytes)} · ${formatCount(head.objects)} objects`],
        [
          'Last round',
          round.durationMs === undefined
            ? '–'
            : `${formatDuration(round.durationMs)}, every ${formatDuration(round.resolutionMs).replace('.0', '')}`,
        ],
        ['Running for', `${formatDuration(nowMs - startedMs)} · ${formatCount(round.number)} rounds`],
      ];
      facts.replaceChildren(...rows.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]));
    },
  };
}
