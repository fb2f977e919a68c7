/** Unpacks a Snappy block byte by byte, and throws at everything that the format does not allow. */
export function unpackSnappy(packed: Uint8Array): Buffer {
  let at = 0;
  const byte = (): number => {
    if (at >= packed.length) {
      throw new Error('The block ends too early.');
    }
    return packed[at++];
  };
  const number = (bytes: number): number => {
    let value = 0;
    for (let index = 0; index < bytes; index++) {
      value += byte() * 256 ** index;
    }
    return value;
  };
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const part = byte();
    length += (part & 0x7f) * 2 ** shift;
    if (part < 0x80) {
      break;
    }
  }
  const out: number[] = [];
  while (at < packed.length) {
    const tag = byte();
    const kind = tag & 3;
    if (kind === 0) {
      const short = tag >> 2;
      const count = (short < 60 ? short : number(short - 59)) + 1;
      for (let index = 0; index < count; index++) {
        out.push(byte());
      }
    } else {
      const count = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
      const distance = kind === 1 ? ((tag >> 5) << 8) + byte() : number(kind === 2 ? 2 : 4);
      if (distance === 0 || distance > out.length) {
        throw new Error(`A copy reaches back ${distance} bytes, but there are ${out.length}.`);
      }
      for (let index = 0; index < count; index++) {
        out.push(out[out.length - distance]);
      }
    }
  }
  if (out.length !== length) {
    throw new Error(`The block holds ${out.length} bytes and says it holds ${length}.`);
  }
  return Buffer.from(out);
}
