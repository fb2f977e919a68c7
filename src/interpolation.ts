import type { ScopedVars } from '@grafana/data';
import type { TemplateSrv } from '@grafana/runtime';

/** What interpolation needs of Grafana's template service. */
export type Templates = Pick<TemplateSrv, 'replace' | 'getVariables'>;

/** What a template stands for once its variables have their values. */
export interface Expansion {
  /** One value for plain text; one for each choice of a multi-value variable. */
  values: string[];
  /** Set if the template is one variable and "All" is chosen: its listed options, or the custom value of its "All". */
  all?: 'options' | 'custom';
  /** Name of the variable, if the template is nothing but one. */
  variable?: string;
}

/** Turns templates such as `$namespace` into what they stand for where a query runs. */
export interface Interpolation {
  text(template: string): string;
  list(template: string): Expansion;
  /** For regular expressions: choices of a multi-value variable are escaped and joined with `|`. */
  pattern(template: string): string;
  variable(name: string): ReturnType<Templates['getVariables']>[number] | undefined;
}

interface VariableTraits {
  multi?: boolean;
  includeAll?: boolean;
}

const ONE_VARIABLE = /^(?:\$(\w+)|\$\{(\w+)\}|\[\[(\w+)\]\])$/;
const ALL_TEXT = 'All';
const MARK = '\u0001';

/** Interpolation for one request; `scopedVars` carry what only holds for its panel, such as a repeated value. */
export function createInterpolation(templates: Templates, scopedVars?: ScopedVars): Interpolation {
  const replace = (template: string, format?: string | Function) => templates.replace(template, scopedVars, format);
  return {
    text: (template) => replace(template),
    list: (template) => expand(template, replace),
    pattern: (template) => replace(template, escapeChoices),
    variable: (name) => templates.getVariables().find((variable) => variable.name === name),
  };
}

function expand(template: string, replace: (template: string, format?: string | Function) => string): Expansion {
  const choices: string[][] = [];
  const marked = replace(template, (value: unknown) => {
    choices.push(Array.isArray(value) ? value.map(String) : [String(value)]);
    return `${MARK}${choices.length - 1}${MARK}`;
  });
  const values = marked
    .split(MARK)
    .map((part, index) => (index % 2 === 0 ? [part] : choices[Number(part)]))
    .reduce((heads, tails) => heads.flatMap((head) => tails.map((tail) => head + tail)));
  const variable = ONE_VARIABLE.exec(template)?.slice(1).find(Boolean);
  if (variable === undefined || replace(`\${${variable}:text}`) !== ALL_TEXT || values.join() === ALL_TEXT) {
    return { values, variable };
  }
  return { values, variable, all: choices.length > 0 ? 'options' : 'custom' };
}

/** A variable with one typed value may be a pattern itself; one with choices holds names. */
function escapeChoices(value: unknown, traits: VariableTraits = {}): string {
  if (Array.isArray(value)) {
    const escaped = value.map((choice) => escapePattern(String(choice)));
    return escaped.length === 1 ? escaped[0] : `(${escaped.join('|')})`;
  }
  return traits.multi || traits.includeAll ? escapePattern(String(value)) : String(value);
}

/** The pattern that matches exactly this text. */
export function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
