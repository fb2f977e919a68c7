/** What becomes of a flag of Heapster or metrics-server that is no setting here. `bare`: a switch that needs no value. */
export type ForeignFlag =
  | { readonly kind: 'no_effect'; readonly why: string; readonly bare?: true }
  | { readonly kind: 'refused'; readonly instead: string; readonly bare?: true };

/** A flag by its name with dashes. */
export type NamedFlag = readonly [name: string, flag: ForeignFlag];

/** Flags with a value that are accepted without effect. */
export function noEffect(why: string, ...names: string[]): NamedFlag[] {
  return names.map((name) => [name, { kind: 'no_effect', why }]);
}

/** Switches that are accepted without effect. */
export function noEffectBare(why: string, ...names: string[]): NamedFlag[] {
  return names.map((name) => [name, { kind: 'no_effect', why, bare: true }]);
}

/** Flags with a value that are refused. */
export function refused(instead: string, ...names: string[]): NamedFlag[] {
  return names.map((name) => [name, { kind: 'refused', instead }]);
}
