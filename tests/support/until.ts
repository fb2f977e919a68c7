const LONGEST_MS = 10_000;

/** Waits for something that another process or connection brings about. Throws with `what` if it does not happen. */
export async function until(
  what: string,
  happened: () => boolean | Promise<boolean>,
  longestMs = LONGEST_MS
): Promise<void> {
  const begunMs = performance.now();
  while (!(await happened())) {
    if (performance.now() - begunMs > longestMs) {
      throw new Error(`Waited ${longestMs / 1000} s for: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
