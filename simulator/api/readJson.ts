import type { IncomingMessage } from 'node:http';

const LONGEST_BODY = 64 * 1024;

/** A request's body as JSON; undefined where it is none or longer than 64 KiB. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > LONGEST_BODY) {
      return undefined;
    }
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}
