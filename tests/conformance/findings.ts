/** Differences from Heapster that the design names, with the sentence the report prints. */
export const NAMED_DEPARTURES = {
  fallen: 'A counter that falls gives no rate; Heapster told a negative one, and sums with it.',
  kept: 'All metrics are told for 15 minutes, and from a given start on as far as history reaches; Heapster kept two of them for 15 minutes and the others for 140 s.',
  delay: 'A node that fails delays nobody; Heapster stored such rounds late and forgot old ones sooner.',
  order: 'Rounds are kept in order of time; Heapster put late ones behind newer ones, without rates.',
  crash:
    'What Heapster ended at is answered: a container without usedBytes, and all that was read from the metric sink it was told to leave out.',
} as const;

/** Differences that follow from being one product for both versions, with a status page and a history of its own. */
export const FURTHER_DEPARTURES = {
  twice:
    'A pod that two nodes tell of counts on the one that the API server has it on; to Heapster the later answer counted.',
  historical:
    'The historical API is always on, and its lists, names and uids are right; InfluxDB 1.x broke lists and uids, and named metrics of other objects.',
  descriptions: "The descriptions in the export's schema are Heapscope's own.",
  groups: 'Both paths of the resource metrics API answer, that of 1.5.4 and that of 1.6.',
  pages: 'The page at / is the status page, and /metrics tells of Heapscope itself.',
  secure: "The API server's own port is not Heapster's face; metrics.k8s.io has a server of its own.",
  pauses:
    'What a pod of the source kubernetes uses is its pause container and all others, as in 1.5.4; 1.6 told the pause container alone.',
  disks: 'Each disk has a rate of its own; 1.5.4 subtracted the counter of the first disk from that of each.',
  version:
    'What 1.5.4 did not know is told as 1.6 told it: local storage, devices requested, cpu/load, CPU and memory of pods.',
} as const;

export const DEPARTURES = { ...NAMED_DEPARTURES, ...FURTHER_DEPARTURES } as const;

export type Departure = keyof typeof DEPARTURES;

/** What a comparison found: how much agrees, what departs by design, and what should not be. */
export class Findings {
  agreed = 0;
  readonly departed = new Map<Departure, number>();
  readonly unexplained: string[] = [];

  agree(count = 1): void {
    this.agreed += count;
  }

  depart(departure: Departure, count = 1): void {
    this.departed.set(departure, (this.departed.get(departure) ?? 0) + count);
  }

  differ(what: string): void {
    this.unexplained.push(what);
  }
}
