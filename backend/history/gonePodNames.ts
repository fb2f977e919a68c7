import { ByteReader } from './byteReader.ts';
import { readNamesPlaces, type NamesPlace } from './goneFormat.ts';
import { PageCache } from './pageCache.ts';
import type { PageFile } from './pageFile.ts';
import { readNames, shardsIn } from './podNames.ts';

/** Pages of names, and of where those are, that were read last, of all files. */
const kept = new PageCache(4 * 2 ** 20);

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
        this.file.unlessDamaged(place, () => [...readNames(this.file.page(place))]);
        yield;
      }
    }
  }

  private shardsOfName(name: string): readonly string[] | undefined {
    const node = lastUpTo(this.nodes, name);
    if (!node) {
      return [];
    }
    const places = this.file.unlessDamaged(node, () => readNamesPlaces(new ByteReader(this.keptPage(node))));
    const place = places && lastUpTo(places, name);
    return place && this.file.unlessDamaged(place, () => shardsIn(this.keptPage(place), name));
  }

  private keptPage(place: NamesPlace): Uint8Array {
    return kept.page(`${this.file.number} ${place.offset}`, () => this.file.page(place));
  }
}

/** The last place that begins with a name or before it; there is none if all begin after it. */
function lastUpTo(places: readonly NamesPlace[], name: string): NamesPlace | undefined {
  let from = 0;
  for (let end = places.length; from < end;) {
    const middle = (from + end) >> 1;
    if (places[middle].firstName <= name) {
      from = middle + 1;
    } else {
      end = middle;
    }
  }
  return places[from - 1];
}
