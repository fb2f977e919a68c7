const NAME = '[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?';
const KEY = `(?:${NAME}/)?${NAME}`;
const LIST = `(?:\\s*(?:${NAME})?\\s*,)*\\s*(?:${NAME})?\\s*`;
const REQUIREMENT = new RegExp(
  `^\\s*(?:!\\s*(?<absentKey>${KEY})|(?<key>${KEY})(?:` +
    `\\s*(?<operator>==|=|!=)\\s*(?<value>${NAME}|)|` +
    `\\s*(?<order>[<>])\\s*(?<bound>-?\\d{1,15})|` +
    `\\s+(?<set>in|notin)\\s*\\((?!\\s*\\))(?<values>${LIST})\\))?)\\s*$`
);

/** One part of a label selector. `notin` with one value is `!=`; both also match objects without the label. */
export type LabelRequirement =
  | { readonly key: string; readonly operator: 'exists' | 'absent' }
  | { readonly key: string; readonly operator: 'in' | 'notin'; readonly values: readonly string[] }
  /** Labels that are whole numbers beyond the bound. */
  | { readonly key: string; readonly operator: '<' | '>'; readonly bound: number };

/** Reads a selector in Kubernetes' syntax; answers with the part that is not valid where there is one. */
export function readLabelRequirements(
  selector: string
): { readonly requirements: LabelRequirement[] } | { readonly invalidPart: string } {
  const requirements: LabelRequirement[] = [];
  // Commas inside of parentheses belong to lists.
  for (const text of selector.trim() === '' ? [] : selector.split(/,(?![^(]*\))/)) {
    const requirement = readRequirement(text);
    if (!requirement) {
      return { invalidPart: text.trim() };
    }
    requirements.push(requirement);
  }
  return { requirements };
}

function readRequirement(text: string): LabelRequirement | undefined {
  const parts = REQUIREMENT.exec(text)?.groups;
  if (!parts) {
    return undefined;
  }
  const { key } = parts;
  if (parts.absentKey !== undefined) {
    return { key: parts.absentKey, operator: 'absent' };
  }
  if (parts.set) {
    const values = parts.values.split(',').map((value) => value.trim());
    return { key, operator: parts.set === 'in' ? 'in' : 'notin', values };
  }
  if (parts.order) {
    return { key, operator: parts.order === '<' ? '<' : '>', bound: Number(parts.bound) };
  }
  if (parts.operator === undefined) {
    return { key, operator: 'exists' };
  }
  return { key, operator: parts.operator === '!=' ? 'notin' : 'in', values: [parts.value] };
}
