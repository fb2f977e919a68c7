const NEWLINE = 0x0a;

/** The lines of a stream of bytes, each complete; a line longer than the limit is an error, not memory. */
export async function* linesOf(parts: AsyncIterable<Buffer>, maxLineBytes: number): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (const part of parts) {
    let start = 0;
    let end = part.indexOf(NEWLINE);
    while (end !== -1) {
      const last = part.subarray(start, end);
      yield held.length === 0 ? last : Buffer.concat([...held, last]);
      held = [];
      heldBytes = 0;
      start = end + 1;
      end = part.indexOf(NEWLINE, start);
    }
    if (start < part.length) {
      held.push(part.subarray(start));
      heldBytes += part.length - start;
    }
    if (heldBytes > maxLineBytes) {
      throw new Error(`a line of the stream is longer than ${maxLineBytes} bytes`);
    }
  }
  if (heldBytes > 0) {
    yield Buffer.concat(held);
  }
}
