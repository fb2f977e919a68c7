import { readFileSync, writeFileSync } from 'node:fs';
import { ByteReader } from '../backend/history/byteReader.ts';
import { ByteWriter } from '../backend/history/byteWriter.ts';
import { framePage, openPage } from '../backend/history/pageFrame.ts';
import { readFooter, SEGMENT_MAGIC, TRAILER_BYTES, writeFooter } from '../backend/history/segmentFormat.ts';

/** Writes a segment once more with all its times later by `shiftMs`: only the footer of a segment knows its times. */
export function shiftSegment(path: string, target: string, shiftMs: number): void {
  const bytes = readFileSync(path);
  const trailer = bytes.subarray(-TRAILER_BYTES);
  const offset = Number(trailer.readBigUInt64LE(0));
  const footer = readFooter(new ByteReader(openPage(bytes.subarray(offset, offset + trailer.readUInt32LE(8)))));
  const out = new ByteWriter();
  writeFooter(out, { ...footer, timesMs: footer.timesMs.map((timeMs) => timeMs + shiftMs) });
  const shifted = framePage(out.written());
  const end = Buffer.alloc(TRAILER_BYTES);
  end.writeBigUInt64LE(BigInt(offset), 0);
  end.writeUInt32LE(shifted.length, 8);
  end.set(SEGMENT_MAGIC, 12);
  writeFileSync(target, Buffer.concat([bytes.subarray(0, offset), shifted, end]));
}
