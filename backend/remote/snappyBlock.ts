/** References reach back no further than this, so that the table of positions needs 16 bits each. */
const FRAGMENT_BYTES = 1 << 16;
/** The end of a fragment is not searched: what is read ahead must be there. */
const MARGIN_BYTES = 15;
const HASH_BITS = 14;
const LONGEST_COPY = 64;

const positions = new Uint16Array(1 << HASH_BITS);

/** As many bytes as the packed form takes at most. */
export function longestPacked(length: number): number {
  return 32 + length + Math.ceil(length / 6);
}

/**
 * Packs bytes as a Snappy block (not as a stream): what came before within 64 KiB is referred to, all else is taken over.
 * Fast rather than small, as the format is meant.
 */
export function packSnappy(input: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(longestPacked(input.length));
  let at = writeLength(out, input.length);
  for (let from = 0; from < input.length; from += FRAGMENT_BYTES) {
    at = packFragment(input, from, Math.min(input.length, from + FRAGMENT_BYTES), out, at);
  }
  return out.subarray(0, at);
}

function writeLength(out: Uint8Array, length: number): number {
  let at = 0;
  let rest = length;
  for (; rest > 0x7f; rest >>>= 7) {
    out[at++] = (rest & 0x7f) | 0x80;
  }
  out[at++] = rest;
  return at;
}

function packFragment(input: Uint8Array, from: number, to: number, out: Uint8Array, at: number): number {
  const limit = to - MARGIN_BYTES;
  let taken = from;
  let position = from + 1;
  positions.fill(0);
  while (position < limit) {
    const found = nextRepetition(input, from, position, limit);
    if (found < 0) {
      break;
    }
    position = found;
    at = writeLiteral(input, taken, position, out, at);
    let before = from + positions[slotOf(word(input, position))];
    positions[slotOf(word(input, position))] = position - from;
    do {
      let end = position + 4;
      for (let old = before + 4; end < to && input[end] === input[old]; old++) {
        end++;
      }
      at = writeCopies(position - before, end - position, out, at);
      position = taken = end;
      if (position >= limit) {
        break;
      }
      positions[slotOf(word(input, position - 1))] = position - 1 - from;
      const here = word(input, position);
      const slot = slotOf(here);
      before = from + positions[slot];
      positions[slot] = position - from;
      if (word(input, before) !== here) {
        position++;
        break;
      }
    } while (true);
  }
  return taken < to ? writeLiteral(input, taken, to, out, at) : at;
}

/** The next position whose four bytes are known from before, -1 if there is none; goes faster where nothing repeats. */
function nextRepetition(input: Uint8Array, from: number, start: number, limit: number): number {
  let tries = 32;
  for (let position = start; position < limit; position += tries++ >> 5) {
    const here = word(input, position);
    const slot = slotOf(here);
    const before = from + positions[slot];
    if (before < position && word(input, before) === here) {
      return position;
    }
    positions[slot] = position - from;
  }
  return -1;
}

function word(input: Uint8Array, at: number): number {
  return input[at] | (input[at + 1] << 8) | (input[at + 2] << 16) | (input[at + 3] << 24);
}

function slotOf(four: number): number {
  return Math.imul(four, 0x9e3779b1) >>> (32 - HASH_BITS);
}

function writeLiteral(input: Uint8Array, from: number, to: number, out: Uint8Array, at: number): number {
  const last = to - from - 1;
  if (last < 60) {
    out[at++] = last << 2;
  } else if (last < 0x100) {
    out[at++] = 60 << 2;
    out[at++] = last;
  } else {
    out[at++] = 61 << 2;
    out[at++] = last & 0xff;
    out[at++] = last >> 8;
  }
  if (last < 16) {
    for (let index = from; index < to; index++) {
      out[at++] = input[index];
    }
    return at;
  }
  out.set(input.subarray(from, to), at);
  return at + to - from;
}

function writeCopies(distance: number, length: number, out: Uint8Array, at: number): number {
  let rest = length;
  while (rest > 0) {
    // A rest of less than four would cost as much as a longer one.
    const some = rest <= LONGEST_COPY ? rest : rest < LONGEST_COPY + 4 ? LONGEST_COPY - 4 : LONGEST_COPY;
    if (some >= 4 && some <= 11 && distance < 2048) {
      out[at++] = 1 | ((some - 4) << 2) | ((distance >> 8) << 5);
      out[at++] = distance & 0xff;
    } else {
      out[at++] = 2 | ((some - 1) << 2);
      out[at++] = distance & 0xff;
      out[at++] = distance >> 8;
    }
    rest -= some;
  }
  return at;
}
