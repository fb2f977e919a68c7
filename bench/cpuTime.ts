/** CPU time of this process so far in ms, the threads that collect garbage included. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
