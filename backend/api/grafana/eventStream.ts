import type { Response } from 'express';

const HEAD = {
  'Content-Type': 'text/event-stream',
  // Whoever would compress or gather the answer would hold events back.
  'Cache-Control': 'no-cache, no-transform',
  'X-Accel-Buffering': 'no',
} as const;

/** One reader of server-sent events. At most one event waits for it: who writes looks at `isBehind` first. */
export class EventStream {
  private readonly response: Response;

  /** Begins the answer; `onClose` is called once when either side has ended it. */
  constructor(response: Response, onClose: () => void) {
    this.response = response;
    response.once('close', onClose);
    response.writeHead(200, HEAD);
  }

  /** Whether the reader has not yet taken what was sent before. */
  get isBehind(): boolean {
    return this.response.writableNeedDrain;
  }

  /** Sends an event with its data as JSON, which holds no line breaks. */
  send(event: string, data: unknown): void {
    this.response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Sends a comment, which readers pass over, so that proxies see that the connection is in use. */
  beat(): void {
    this.response.write(':\n\n');
  }

  /** Calls back once the reader has taken everything. */
  whenTaken(callback: () => void): void {
    this.response.once('drain', callback);
  }

  /** Ends the answer in good order. */
  end(): void {
    this.response.end();
  }

  /** Gives a reader up that takes nothing. */
  abandon(): void {
    this.response.destroy();
  }
}
