/** Where sentences about watches go. */
export interface SentenceLog {
  info(sentence: string): void;
  warn(sentence: string): void;
}

/** Logs what is wrong with watches: each sentence once, however many of them suffer from it, until it has passed. */
export class TroubleLog {
  private readonly log: SentenceLog;
  /** The sentence each resource suffers from. */
  private readonly current = new Map<string, string>();
  /** Per sentence that stands: the resources that suffer or suffered from it. */
  private readonly told = new Map<string, Set<string>>();

  /** `told` was logged already, before there were watches. */
  constructor(log: SentenceLog, told?: string) {
    this.log = log;
    if (told !== undefined) {
      this.told.set(told, new Set());
    }
  }

  /** Takes the change of a resource; undefined when all is well with it again. */
  report(resource: string, problem: string | undefined): void {
    const before = this.current.get(resource);
    if (problem === before) {
      return;
    }
    if (problem === undefined) {
      this.current.delete(resource);
    } else {
      this.current.set(resource, problem);
      this.warnOnce(resource, problem);
    }
    if (before !== undefined && ![...this.current.values()].includes(before)) {
      const resources = [...(this.told.get(before) ?? [])].filter((name) => !this.current.has(name)).sort();
      this.told.delete(before);
      if (resources.length > 0) {
        this.log.info(`Watching ${resources.join(', ')} works again.`);
      }
    }
  }

  /** What was told before the start has passed: a first list is complete. */
  startedWell(): void {
    for (const [sentence, resources] of this.told) {
      if (resources.size === 0) {
        this.told.delete(sentence);
      }
    }
  }

  private warnOnce(resource: string, problem: string): void {
    const resources = this.told.get(problem);
    if (resources) {
      resources.add(resource);
    } else {
      this.told.set(problem, new Set([resource]));
      this.log.warn(problem);
    }
  }
}
