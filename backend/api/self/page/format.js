const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
const AGE_UNITS = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
];

/** `350 m` below one core, else `12.4`. */
export function formatCores(millicores) {
  if (millicores === null || millicores === undefined) {
    return '–';
  }
  return millicores < 1000 ? `${Math.round(millicores)} m` : shorten(millicores / 1000);
}

export function formatBytes(bytes) {
  if (bytes === null || bytes === undefined) {
    return '–';
  }
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : shorten(value)} ${BYTE_UNITS[unit]}`;
}

export function formatRate(bytesPerSecond) {
  return bytesPerSecond === null || bytesPerSecond === undefined ? '–' : `${formatBytes(bytesPerSecond)}/s`;
}

export function formatCount(count) {
  return count === null || count === undefined ? '–' : Math.round(count).toLocaleString('en');
}

export function formatShare(part, whole) {
  return typeof part === 'number' && whole > 0 ? `${Math.round((100 * part) / whole)} %` : '';
}

/** `340 ms`, `12 s`, `3 min 20 s`, `5 h 10 min`, `3 d 4 h`. */
export function formatDuration(durationMs) {
  if (durationMs === null || durationMs === undefined) {
    return '–';
  }
  if (durationMs < 1000) {
    return `${Math.round(durationMs)} ms`;
  }
  const seconds = Math.round(durationMs / 1000);
  if (seconds < 60) {
    return durationMs < 9950 ? `${(durationMs / 1000).toFixed(1)} s` : `${seconds} s`;
  }
  if (seconds < 3600) {
    return twoParts(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  }
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) {
    return twoParts(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  }
  const hours = Math.round(minutes / 60);
  return twoParts(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

/** How long ago something was, in one unit that fits. */
export function formatAge(ageMs) {
  if (ageMs === null || ageMs === undefined) {
    return 'never';
  }
  const seconds = Math.max(0, Math.round(ageMs / 1000));
  const [size, unit] = AGE_UNITS.find(([length]) => seconds >= 2 * length) ?? [1, 's'];
  return seconds < 1 ? 'now' : `${Math.floor(seconds / size)} ${unit} ago`;
}

export function formatClock(timestampMs) {
  return new Date(timestampMs).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}

function twoParts(big, bigUnit, small, smallUnit) {
  return small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;
}

/** Three significant digits at most, without trailing zeros behind the point. */
function shorten(value) {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  const text = value.toFixed(digits);
  return digits === 0 ? Number(text).toLocaleString('en') : text.replace(/\.?0+$/, '');
}
