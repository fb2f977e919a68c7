import type { RoundSignal } from '../streams.ts';

/** Rounds that end when the test says so. */
export class RoundsByHand implements RoundSignal {
  private readonly callbacks = new Set<() => void>();

  onRound(callback: () => void): () => void {
    this.callbacks.add(callback);
    return () => void this.callbacks.delete(callback);
  }

  end(): void {
    this.callbacks.forEach((callback) => callback());
  }
}
