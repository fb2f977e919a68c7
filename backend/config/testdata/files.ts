/** Reads from a set of named texts; any other path does not exist. */
export function readTextFrom(files: Readonly<Record<string, string>>): (path: string) => string {
  return (path) => {
    if (Object.hasOwn(files, path)) {
      return files[path];
    }
    throw Object.assign(new Error(`ENOENT: no such file or directory, open '${path}'`), { code: 'ENOENT' });
  };
}
