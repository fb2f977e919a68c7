import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { conform, type Conformance } from './conform.ts';
import { findKits, readKit } from './kit.ts';
import { conforms, report } from './report.ts';

// The recordings were made in UTC, and Heapster told times of the zone it was in.
process.env.TZ = 'UTC';

const folders = process.argv.slice(2);
const places = folders.length > 0 ? folders.map((folder) => resolve(folder)) : [packedKits()];
const kits = places.flatMap(findKits);
if (kits.length === 0) {
  console.error(`There is no recorded run in ${places.join(', ')}: a run is a folder with a run.json.`);
  process.exit(2);
}
const runs: Conformance[] = [];
for (const folder of kits) {
  runs.push(await conform(readKit(folder)));
}
console.log(report(runs));
process.exitCode = runs.every(conforms) ? 0 : 1;

function packedKits(): string {
  return fileURLToPath(new URL('./kit', import.meta.url));
}
