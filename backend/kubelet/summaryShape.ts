/** An object of the answer; any field may be missing. */
export type Json = Readonly<Record<string, unknown>>;
/** Whose file systems and interfaces a table row describes. */
export type Owner = 'node' | 'pod' | 'container' | 'sys_container';

/** A part of the answer is of another JSON type than the format says. */
export class ShapeError extends Error {}

/** The object here; undefined if it is missing or null. */
export function objectAt(value: unknown, where: string): Json | undefined {
  if (value === undefined || value === null) {
    return undefined;
  }
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new ShapeError(`${where} is not an object`);
  }
  return value as Json;
}

/** The list here; empty if it is missing or null. */
export function listAt(value: unknown, where: string): readonly unknown[] {
  if (value === undefined || value === null) {
    return [];
  }
  if (!Array.isArray(value)) {
    throw new ShapeError(`${where} is not a list`);
  }
  return value;
}

/** The text here; '' if it is missing or null. */
export function nameAt(value: unknown, where: string): string {
  if (value === undefined || value === null) {
    return '';
  }
  if (typeof value !== 'string') {
    throw new ShapeError(`${where} is not a text`);
  }
  return value;
}
