import { pino } from 'pino';
import type { DestinationStream, Logger as PinoLogger } from 'pino';
import { redactSecrets } from './redactSecrets.ts';
import { formatLine } from './textLines.ts';

/** The log of the process: `log.info({ node }, 'sentence')`. */
export type Logger = PinoLogger;

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** `json`: one object per line on standard output. `text`: one readable line on standard error. */
  readonly format: 'json' | 'text';
  /** Where lines go instead, for tests. */
  readonly write?: (line: string) => void;
}

const SECRET_KEYS = ['token', 'password', 'secret', 'authorization', 'Authorization', 'cookie'];

/** Makes the log. Fields that hold secrets and bearer tokens inside of sentences never reach it. */
export function createLogger({ level, format, write }: LoggerOptions): Logger {
  const destination = write ? { write } : pino.destination({ fd: format === 'text' ? 2 : 1, sync: true });
  return pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err, err: pino.stdSerializers.err },
      redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '[redacted]' },
    },
    cleaned(destination, format)
  );
}

function cleaned(destination: DestinationStream, format: LoggerOptions['format']): DestinationStream {
  return {
    write(line) {
      const clean = redactSecrets(line);
      destination.write(format === 'json' ? clean : formatLine(clean));
    },
  };
}
