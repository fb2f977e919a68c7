import { ByteReader } from './byteReader.ts';
import { NAMES_PER_PAGE, readNamesPlaces, type NamesPlace } from './goneFormat.ts';
import { KeptValues } from './keptValues.ts';
import type { PageFile } from './pageFile.ts';
import { unpackNames, type PodName } from './podNames.ts';

/** Names that were read last, of all files, some 5 MB. */
const keptNames = new KeptValues<readonly PodName[]>(40_000);
/** Where pages of names are, by the bytes that takes on disk; in memory it is some ten times as much. */
const keptPlaces = new KeptValues<readonly NamesPlace[]>(2 ** 18);

/** Looks up in a file of gone objects on which shards pods were, reading a page or two for each name. */
export class GonePodNames {
  private readonly file: PageFile;
  private readonly nodes: readonly NamesPlace[];

  constructor(file: PageFile, nodes: readonly NamesPlace[]) {
    this.file = file;
    this.nodes = nodes;
  }

  /** The shards of all names, and the names of which that cannot be said because a page is damaged. */
  shardsOf(names: readonly string[]): { shards: Set<string>; unknown: Set<string> } {
    const shards = new Set<string>();
    const unknown = new Set<string>();
    for (const name of names) {
      const found = this.shardsOfName(name);
      found?.forEach((shard) => shards.add(shard));
      if (!found) {
        unknown.add(name);
      }
    }
    return { shards, unknown };
  }

  /** Reads all pages, so that damage is found. */
  *check(): Generator<void, void> {
    for (const node of this.nodes) {
      const open = () => readNamesPlaces(new ByteReader(this.file.page(node)));
      for (const place of this.file.unlessDamaged(node, open) ?? []) {
        this.file.unlessDamaged(place, () => unpackNames(this.file.page(place)));
        yield;
      }
    }
  }

  /** Lets go of what is kept of the file. */
  forget(): void {
    keptNames.forget(this.file.number);
    keptPlaces.forget(this.file.number);
  }

  private shardsOfName(name: string): readonly string[] | undefined {
    const { file } = this;
    const node = lastUpTo(this.nodes, name, ({ firstName }) => firstName);
    if (!node) {
      return [];
    }
    const open = () => readNamesPlaces(new ByteReader(file.page(node)));
    const places = file.unlessDamaged(node, () => keptPlaces.value(file.number, node.offset, node.length, open));
    const place = places && lastUpTo(places, name, ({ firstName }) => firstName);
    const pods = place && file.unlessDamaged(place, () => this.namesAt(place));
    const pod = pods && lastUpTo(pods, name, (one) => one.name);
    return pods && (pod?.name === name ? pod.shards : []);
  }

  private namesAt(place: NamesPlace): readonly PodName[] {
    const { file } = this;
    return keptNames.value(file.number, place.offset, NAMES_PER_PAGE, () => unpackNames(file.page(place)));
  }
}

/** The last of sorted things that is called so or comes before; there is none if all come after. */
function lastUpTo<Thing>(sorted: readonly Thing[], name: string, nameOf: (thing: Thing) => string): Thing | undefined {
  let from = 0;
  for (let end = sorted.length; from < end;) {
    const middle = (from + end) >> 1;
    if (nameOf(sorted[middle]) <= name) {
      from = middle + 1;
    } else {
      end = middle;
    }
  }
  return sorted[from - 1];
}
