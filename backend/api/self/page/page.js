import { drawing, element, setText } from './elements.js';
import { formatAge, formatCount, formatDuration } from './format.js';
import { createNodesTable } from './nodesTable.js';
import { createOverview } from './overview.js';

const TOKEN_KEY = 'heapscope.token';
const THEME_KEY = 'heapscope.theme';
const POLL_MS = 3_000;
const POLL_MANY_MS = 10_000;
const MANY_NODES = 1_000;
const STALE_MS = 15_000;
const CIRCLE = 2 * Math.PI * 12;

const byId = (id) => document.getElementById(id);
const overview = createOverview(byId('overview'));
const table = createNodesTable(byId('nodes'));
const ring = createRing(byId('round'));
let status;
let columns;
let receivedAt = 0;
let timer;

/** Now on the backend's clock. */
function nowMs() {
  return status.nowMs + (performance.now() - receivedAt);
}

async function poll() {
  clearTimeout(timer);
  try {
    await ask();
  } catch {
    setVerdict('error', status ? 'Heapscope does not answer' : 'Heapscope does not answer; trying again…');
  }
  schedule();
}

function schedule() {
  clearTimeout(timer);
  const waiting = !byId('door').hidden;
  if (!document.hidden && !waiting) {
    timer = setTimeout(poll, columns && columns.name.length > MANY_NODES ? POLL_MANY_MS : POLL_MS);
  }
}

async function ask() {
  const token = sessionStorage.getItem(TOKEN_KEY);
  const known = columns ? `?nodes=${encodeURIComponent(status.nodesRevision)}` : '';
  const response = await fetch(`api/self/v1/status${known}`, {
    headers: token ? { Authorization: `Bearer ${token}` } : {},
    cache: 'no-store',
    signal: AbortSignal.timeout(10_000),
  });
  const body = await response.json();
  if (response.status === 401 || response.status === 403) {
    sessionStorage.removeItem(TOKEN_KEY);
    askForToken(token ? body.message : '');
    return;
  }
  if (!response.ok) {
    setVerdict('error', body.message);
    return;
  }
  byId('door').hidden = true;
  receivedAt = performance.now();
  status = body;
  columns = body.nodes ?? columns;
  show();
}

function show() {
  byId('main').hidden = false;
  document.body.classList.remove('stale');
  document.title = `${status.cluster.name} · Heapscope`;
  setText(byId('version'), status.version);
  const parts = [element('b', {}, status.cluster.name)];
  if (status.simulated) {
    parts.push(' ', element('span', { className: 'badge' }, 'simulated'));
  } else if (status.cluster.apiServer && status.cluster.apiServer !== status.cluster.name) {
    parts.push(` · ${status.cluster.apiServer}`);
  }
  byId('cluster').replaceChildren(...parts);
  showProblems(status.problems);
  overview.update(status);
  table.update(columns, nowMs());
  tick();
}

function showProblems(problems) {
  const list = byId('problems');
  list.replaceChildren(
    ...problems.map(({ severity, text }) => element('li', { className: severity }, ...withCode(text)))
  );
  if (problems.length > 0) {
    const worst = problems.some((problem) => problem.severity === 'error') ? 'error' : 'warning';
    setVerdict(worst, problems.length === 1 ? '1 problem' : `${formatCount(problems.length)} problems`);
  } else if (status.round.number === 0) {
    setVerdict('waiting', 'Waiting for the first round');
  } else {
    setVerdict('ok', 'All is well');
  }
}

/** What stands between backticks is shown as code. */
function withCode(text) {
  return text.split('`').map((part, index) => (index % 2 === 1 ? element('code', {}, part) : part));
}

function setVerdict(kind, text) {
  byId('verdict').className = `verdict ${kind}`;
  setText(byId('verdict'), text);
}

function createRing(root) {
  const left = drawing('circle', { class: 'left', cx: 16, cy: 16, r: 12, 'stroke-dasharray': CIRCLE });
  const svg = drawing(
    'svg',
    { viewBox: '0 0 32 32', 'aria-hidden': 'true' },
    drawing('circle', { cx: 16, cy: 16, r: 12 }),
    left
  );
  const text = element('span');
  const detail = element('span', { className: 'faint' });
  root.replaceChildren(svg, element('span', {}, text, element('br'), detail));
  return (round, atMs) => {
    root.hidden = round.nextMs === undefined;
    if (round.nextMs !== undefined) {
      const leftMs = Math.max(0, round.nextMs - atMs);
      left.setAttribute('stroke-dashoffset', String(CIRCLE * (1 - Math.min(1, leftMs / round.resolutionMs))));
      setText(
        text,
        leftMs > 0
          ? `next round in ${formatDuration(Math.ceil(leftMs / 1000) * 1000).replace('.0', '')}`
          : 'round running'
      );
      setText(detail, round.startedMs === undefined ? 'none yet' : `last ${formatAge(atMs - round.startedMs)}`);
    }
  };
}

/** Once a second: what only the clock changes. */
function tick() {
  if (!status) {
    return;
  }
  ring(status.round, nowMs());
  table.tick(nowMs());
  const silentMs = performance.now() - receivedAt;
  const stale = silentMs > (columns && columns.name.length > MANY_NODES ? 3 : 1) * STALE_MS;
  document.body.classList.toggle('stale', stale);
  setText(byId('foot'), stale ? `Last answer ${formatAge(silentMs)}.` : '');
}

function askForToken(problem) {
  byId('main').hidden = true;
  byId('round').hidden = true;
  setVerdict('', '');
  setText(byId('cluster'), 'Kubernetes metrics for Grafana');
  byId('door').hidden = false;
  setText(byId('doorProblem'), problem);
  byId('token').focus();
}

byId('door').addEventListener('submit', (event) => {
  event.preventDefault();
  sessionStorage.setItem(TOKEN_KEY, byId('token').value.trim());
  byId('token').value = '';
  void poll();
});

byId('theme').addEventListener('click', () => {
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const shown = document.documentElement.dataset.theme ?? (dark ? 'dark' : 'light');
  const next = shown === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset.theme = next;
  localStorage.setItem(THEME_KEY, next);
});

const theme = localStorage.getItem(THEME_KEY);
if (theme === 'dark' || theme === 'light') {
  document.documentElement.dataset.theme = theme;
}
document.addEventListener('visibilitychange', () => (document.hidden ? clearTimeout(timer) : void poll()));
setInterval(() => !document.hidden && tick(), 1_000);
void poll();
