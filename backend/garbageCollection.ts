import { setFlagsFromString } from 'node:v8';

/**
 * Makes the garbage collector count buffers as what they are: memory like any other. By itself V8 goes through the whole
 * heap for every 64 MiB of buffers that came since, which with thousands of kubelets, each answering with more than 100 kB, took
 * more CPU than all work on the answers. The second flag is the price: the heap may grow by 30 % until it is gone through,
 * instead of as far as V8 would let it. Measured in `docs/performance.md`.
 */
export function tuneGarbageCollection(): void {
  setFlagsFromString('--external-memory-accounted-in-global-limit');
  setFlagsFromString('--heap-growing-percent=30');
}
