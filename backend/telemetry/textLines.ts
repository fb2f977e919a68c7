const LEVEL_WORDS: Readonly<Record<string, string>> = {
  debug: 'DEBUG',
  info: 'INFO ',
  warn: 'WARN ',
  error: 'ERROR',
  fatal: 'FATAL',
};
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

/** Turns a JSON log line into a readable one: `12:03:04.123 INFO  sentence  node=worker-1`. */
export function formatLine(json: string): string {
  const { level, time, message, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const clock = typeof time === 'string' ? time.slice(11, 23) : '';
  const rest = Object.entries(fields).map(([name, value]) => `  ${name}=${showField(value)}`);
  return `${clock} ${LEVEL_WORDS[String(level)] ?? String(level)} ${plain(String(message ?? ''))}${rest.join('')}\n`;
}

function showField(value: unknown): string {
  if (isError(value)) {
    return plain(value.stack ?? value.message);
  }
  if (typeof value === 'string') {
    return /^[\w.:/@-]+$/.test(value) ? value : JSON.stringify(value);
  }
  return plain(JSON.stringify(value));
}

function isError(value: unknown): value is { message: string; stack?: string } {
  return typeof value === 'object' && value !== null && 'message' in value && 'type' in value;
}

/** Control characters are shown as escapes, so that nothing a client sends can forge a line of the log; line ends inside of stacks stay. */
function plain(text: string): string {
  return text.replace(CONTROL, (character) =>
    character === '\n' ? '\n    ' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  );
}
