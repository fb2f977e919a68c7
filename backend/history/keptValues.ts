/** What was decoded of files, the latest asked for, with so much weight at most. */
export class KeptValues<Value> {
  private readonly values = new Map<string, { readonly value: Value; readonly weight: number }>();
  private readonly mostWeight: number;
  private weight = 0;

  constructor(mostWeight: number) {
    this.mostWeight = mostWeight;
  }

  /** The value of this name of an owner, made now if it is not kept. */
  value(owner: number, name: number, weight: number, make: () => Value): Value {
    const key = `${owner} ${name}`;
    const known = this.values.get(key);
    if (known) {
      this.values.delete(key);
      this.values.set(key, known);
      return known.value;
    }
    const value = make();
    this.values.set(key, { value, weight });
    this.weight += weight;
    for (const oldest of this.values.keys()) {
      if (this.weight <= this.mostWeight) {
        break;
      }
      this.remove(oldest);
    }
    return value;
  }

  /** Forgets all values of an owner. */
  forget(owner: number): void {
    for (const key of this.values.keys()) {
      if (key.startsWith(`${owner} `)) {
        this.remove(key);
      }
    }
  }

  private remove(key: string): void {
    this.weight -= this.values.get(key)?.weight ?? 0;
    this.values.delete(key);
  }
}
