const SMALLEST_BYTES = 1 << 16;
/** Larger answers are rare enough to have memory of their own. */
const LARGEST_BYTES = 1 << 21;
const MOST_BUFFERS = 16;

/**
 * Memory for answers, used again when it is given back: kubelets send hundreds of kilobytes each, and the garbage
 * collector works all the more the more it is asked for. What is not given back is lost to the pool and to nobody else.
 */
export class BodyPool {
  private readonly free: Buffer[] = [];

  /** The parts of an answer as one. */
  join(parts: readonly Buffer[], bytes: number): Buffer {
    const index = this.free.findIndex((buffer) => buffer.length >= bytes);
    const room = index >= 0 ? this.free.splice(index, 1)[0] : Buffer.allocUnsafeSlow(roomFor(bytes));
    let at = 0;
    for (const part of parts) {
      at += part.copy(room, at);
    }
    return room.subarray(0, at);
  }

  /** Takes back what {@link join} gave; nobody may read it from now on. */
  giveBack(body: Buffer): void {
    const room = Buffer.from(body.buffer);
    const isOurs = body.byteOffset === 0 && room.length >= SMALLEST_BYTES && room.length <= LARGEST_BYTES;
    if (isOurs && this.free.length < MOST_BUFFERS) {
      this.free.push(room);
    }
  }
}

/** The next power of two, so that a pool is not full of sizes that fit nobody. */
function roomFor(bytes: number): number {
  return bytes > LARGEST_BYTES ? bytes : Math.max(SMALLEST_BYTES, 2 ** Math.ceil(Math.log2(bytes)));
}
