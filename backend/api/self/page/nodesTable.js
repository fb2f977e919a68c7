import { meter } from './charts.js';
import { element, setText } from './elements.js';
import { formatAge, formatBytes, formatCores, formatCount, formatDuration } from './format.js';

const COLUMNS = [
  { key: 'name', title: 'Node', area: 'name' },
  { key: 'cpu', title: 'CPU', area: 'use-cpu' },
  { key: 'memory', title: 'Memory', area: 'use-memory' },
  { key: 'pods', title: 'Pods', area: 'at-pods', number: true },
  { key: 'last', title: 'Last scrape', area: 'at-last', number: true },
  { key: 'duration', title: 'Took', area: 'at-duration', number: true },
  { key: 'state', title: 'State', area: 'at-error' },
];
const STATE_WORDS = { ok: 'answering', failing: 'failing', not_ready: 'not ready', waiting: 'waiting' };
const STATE_ORDER = { failing: 0, not_ready: 1, waiting: 2, ok: 3 };
const ROWS_BEYOND = 6;

/** Row numbers that match the search and the chosen states, in the chosen order. Unknown values come last. */
export function selectRows(columns, { text, states, sort, descending }) {
  const wanted = text.trim().toLowerCase();
  const rows = [];
  columns.name.forEach((name, row) => {
    const state = columns.state[row];
    const matches = name.toLowerCase().includes(wanted) || (columns.errors[row] ?? '').toLowerCase().includes(wanted);
    if (matches && (states.size === 0 || states.has(state))) {
      rows.push(row);
    }
  });
  const rank = rankOf(columns, sort);
  const direction = descending ? -1 : 1;
  return rows.sort((a, b) => compare(rank(a), rank(b), direction) || a - b);
}

function rankOf(columns, sort) {
  const share = (used, whole) => (row) => (used[row] === null || !whole[row] ? used[row] : used[row] / whole[row]);
  const ranks = {
    name: (row) => row,
    cpu: share(columns.cpuMillicores, columns.cpuAllocatableMillicores),
    memory: share(columns.memoryBytes, columns.memoryAllocatableBytes),
    pods: (row) => columns.pods[row],
    last: (row) => columns.lastScrapeMs[row],
    duration: (row) => columns.durationMs[row],
    state: (row) => STATE_ORDER[columns.state[row]],
  };
  return ranks[sort];
}

function compare(a, b, direction) {
  if (a === null || b === null) {
    return a === b ? 0 : a === null ? 1 : -1;
  }
  return direction * (a - b);
}

/** The table of nodes: only the rows in sight exist, so 5,000 of them scroll like 50. */
export function createNodesTable(root) {
  const view = { text: '', states: new Set(), sort: 'state', descending: false };
  let columns;
  let rows = [];
  let nowMs = 0;
  const tools = createTools(view, () => refresh());
  const head = createHead(view, () => refresh());
  const space = element('div', { className: 'window', role: 'rowgroup' });
  const none = element('p', { className: 'none' });
  const scroller = element(
    'div',
    { className: 'rows', role: 'table', 'aria-label': 'Nodes', tabIndex: 0 },
    head.root,
    space,
    none
  );
  const pool = [];
  root.replaceChildren(tools.root, scroller);

  const draw = () => {
    const rowHeight = parseFloat(getComputedStyle(scroller).getPropertyValue('--row')) || 50;
    const first = Math.max(0, Math.floor(scroller.scrollTop / rowHeight) - ROWS_BEYOND);
    const count = Math.min(
      rows.length - first,
      Math.ceil((scroller.clientHeight || 600) / rowHeight) + 2 * ROWS_BEYOND
    );
    space.style.height = `${rows.length * rowHeight}px`;
    while (pool.length < count) {
      pool.push(createRow());
      space.append(pool.at(-1).root);
    }
    pool.forEach((row, index) => {
      row.root.hidden = index >= count;
      if (index < count) {
        row.root.style.transform = `translateY(${(first + index) * rowHeight}px)`;
        row.update(columns, rows[first + index], nowMs, first + index);
      }
    });
  };
  const refresh = () => {
    if (columns) {
      rows = selectRows(columns, view);
      tools.update(columns, rows.length);
      head.update();
      none.hidden = rows.length > 0;
      setText(none, columns.name.length === 0 ? 'No node is known yet.' : 'No node matches.');
      draw();
    }
  };
  scroller.addEventListener('scroll', () => requestAnimationFrame(draw), { passive: true });
  window.addEventListener('resize', () => columns && draw());
  return {
    update(next, atMs) {
      columns = next ?? columns;
      nowMs = atMs;
      refresh();
    },
    tick(atMs) {
      nowMs = atMs;
      if (columns) {
        draw();
      }
    },
  };
}

function createTools(view, changed) {
  const count = element('span', { className: 'faint' });
  const chips = Object.keys(STATE_ORDER).map((state) => {
    const number = element('span');
    const button = element(
      'button',
      { type: 'button', className: 'chip' },
      element('span', { className: `dot ${state}` }),
      number
    );
    button.addEventListener('click', () => {
      if (!view.states.delete(state)) {
        view.states.add(state);
      }
      changed();
    });
    return { state, button, number };
  });
  const search = element('input', {
    type: 'search',
    placeholder: 'Find a node or an error',
    'aria-label': 'Find a node or an error',
  });
  search.addEventListener('input', () => {
    view.text = search.value;
    changed();
  });
  const root = element(
    'div',
    { className: 'tools' },
    element('h2', {}, 'Nodes'),
    ...chips.map((chip) => chip.button),
    count,
    search
  );
  const update = (columns, shown) => {
    for (const { state, button, number } of chips) {
      const amount = columns.state.filter((other) => other === state).length;
      button.hidden = amount === 0 && !view.states.has(state);
      button.setAttribute('aria-pressed', String(view.states.has(state)));
      setText(number, `${formatCount(amount)} ${STATE_WORDS[state]}`);
    }
    setText(
      count,
      shown === columns.name.length ? '' : `${formatCount(shown)} of ${formatCount(columns.name.length)} shown`
    );
  };
  return { root, update };
}

function createHead(view, changed) {
  const cells = COLUMNS.map(({ key, title, area, number }) => {
    const button = element('button', { type: 'button' }, title);
    button.addEventListener('click', () => {
      view.descending = view.sort === key ? !view.descending : !['name', 'state', 'last'].includes(key);
      view.sort = key;
      changed();
    });
    return {
      key,
      root: element('div', { className: `${area} ${number ? 'number' : ''}`, role: 'columnheader' }, button),
    };
  });
  const root = element('div', { className: 'row head', role: 'row' }, ...cells.map((cell) => cell.root));
  const update = () => {
    for (const cell of cells) {
      const order = view.descending ? 'descending' : 'ascending';
      cell.root.setAttribute('aria-sort', cell.key === view.sort ? order : 'none');
    }
  };
  return { root, update };
}

function createRow() {
  const dot = element('span', { className: 'dot' });
  const name = element('span', { className: 'words' });
  const cordoned = element('em', { className: 'badge cordoned', title: 'No new pods are scheduled here' }, 'cordoned');
  const cpu = createUse('cpu', formatCores);
  const memory = createUse('memory', formatBytes);
  const [pods, last, duration] = ['at-pods', 'at-last', 'at-duration'].map((area) =>
    element('div', { className: `number ${area}`, role: 'cell' })
  );
  const state = element('div', { role: 'cell' });
  const root = element(
    'div',
    { className: 'row body', role: 'row' },
    element('div', { className: 'name', role: 'cell' }, dot, name, cordoned),
    ...[cpu.root, memory.root, pods, last, duration, state]
  );
  const update = (columns, row, nowMs, position) => {
    const stateNow = columns.state[row];
    root.setAttribute('aria-rowindex', String(position + 2));
    dot.className = `dot ${stateNow}`;
    setText(name, columns.name[row]);
    name.title = columns.name[row];
    cordoned.hidden = columns.cordoned[row] !== 1;
    cpu.update(columns.cpuMillicores[row], columns.cpuRequestMillicores[row], columns.cpuAllocatableMillicores[row]);
    memory.update(columns.memoryBytes[row], columns.memoryRequestBytes[row], columns.memoryAllocatableBytes[row]);
    setText(pods, formatCount(columns.pods[row]));
    const lastMs = columns.lastScrapeMs[row];
    setText(last, formatAge(lastMs === null ? null : nowMs - lastMs));
    setText(duration, formatDuration(columns.durationMs[row]));
    state.className = `at-error ${stateNow}`;
    setText(state, shortSentence(columns.errors[row], columns.name[row]) ?? STATE_WORDS[stateNow]);
    state.title = columns.errors[row] ?? '';
  };
  return { root, update };
}

/** The row names the node already, so its sentence need not. */
export function shortSentence(sentence, node) {
  return sentence?.replaceAll(` on node ${node}`, '').replaceAll(` of node ${node}`, '').replaceAll('`', '');
}

function createUse(style, format) {
  const used = element('span');
  const whole = element('small');
  const bar = meter(`c-${style}`);
  const root = element('div', { className: `use use-${style}`, role: 'cell' }, element('p', {}, used, whole), bar.root);
  const update = (usedNow, requestedNow, wholeNow) => {
    setText(used, format(usedNow));
    setText(whole, wholeNow === null ? '' : format(wholeNow));
    bar.update(usedNow, requestedNow, wholeNow);
  };
  return { root, update };
}
