/** What may wait for its turn: work on answers, which take memory until it is done, and questions, which make answers. */
export type TurnKind = 'answer' | 'question';

/** Questions that are begun in one turn of the event loop. */
const QUESTIONS_AT_ONCE = 4;

/**
 * Hands out the one thread, an answer at a time; between two of them whoever else waits is served, such as a panel.
 * Questions come when no answer waits: a machine that is too slow asks later instead of piling up answers that it cannot
 * read. A kubelet that hangs has no turn, and keeps nobody from one.
 */
export class Turns {
  private readonly answers: Array<() => void> = [];
  private readonly questions: Array<() => void> = [];
  private isRunning = false;

  /** Resolves when it is the caller's turn. */
  take(kind: TurnKind): Promise<void> {
    return new Promise((resolve) => {
      (kind === 'answer' ? this.answers : this.questions).push(resolve);
      if (!this.isRunning) {
        this.isRunning = true;
        setImmediate(this.next);
      }
    });
  }

  private readonly next = (): void => {
    const answer = this.answers.shift();
    const turns = answer ? [answer] : this.questions.splice(0, QUESTIONS_AT_ONCE);
    turns.forEach((turn) => turn());
    this.isRunning = this.answers.length + this.questions.length > 0;
    if (this.isRunning) {
      setImmediate(this.next);
    }
  };
}
