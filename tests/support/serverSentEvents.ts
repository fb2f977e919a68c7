/** An event as it was sent, or a comment (`event` is then `comment`). */
export interface SentEvent<Data = unknown> {
  readonly event: string;
  readonly data: Data;
}

/** Reads an answer event by event. `next` waits for one; undefined once the server has ended the answer. */
export class EventReader<Data = unknown> {
  private readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  private readonly decoder = new TextDecoder();
  private text = '';

  constructor(response: Response) {
    this.reader = response.body!.getReader();
  }

  async next(): Promise<SentEvent<Data> | undefined> {
    for (;;) {
      const end = this.text.indexOf('\n\n');
      if (end >= 0) {
        const block = this.text.slice(0, end);
        this.text = this.text.slice(end + 2);
        return parse<Data>(block);
      }
      const { done, value } = await this.reader.read();
      if (done) {
        return undefined;
      }
      this.text += this.decoder.decode(value, { stream: true });
    }
  }

  /** Hangs up. */
  close(): Promise<void> {
    return this.reader.cancel();
  }
}

function parse<Data>(block: string): SentEvent<Data> {
  const fields = new Map(
    block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()])
  );
  const data = fields.get('data');
  return { event: fields.get('event') ?? 'comment', data: (data === undefined ? undefined : JSON.parse(data)) as Data };
}
