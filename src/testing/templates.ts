import type { ScopedVars, TypedVariableModel } from '@grafana/data';
import type { Templates } from '../interpolation';

/** A dashboard variable as a test says it. */
export interface TestVariable {
  /** Chosen values; one that is no list belongs to a variable without multiple choice. */
  value: string | string[];
  /** "All" is chosen, and `value` lists the options. */
  all?: boolean;
  /** Custom value of "All". */
  allValue?: string;
  type?: 'query' | 'custom' | 'textbox';
  regex?: string;
  query?: object;
}

const REFERENCE = /\$(\w+)|\$\{(\w+)(?::(\w+))?\}|\[\[(\w+)\]\]/g;

/** Templates that follow Grafana's rules: formatters see lists, a custom value of "All" is put in unformatted. */
export function templatesOf(variables: Record<string, TestVariable>): Templates {
  const resolve = (name: string, scoped?: ScopedVars): TestVariable | undefined =>
    scoped?.[name] ? { value: scoped[name].value } : variables[name];
  return {
    replace: (target = '', scoped, format) =>
      target.replace(REFERENCE, (match, plain, braced, ownFormat, square) => {
        const variable = resolve(plain ?? braced ?? square, scoped);
        return variable ? render(variable, ownFormat ?? format) : match;
      }),
    getVariables: () => Object.entries(variables).map(([name, variable]) => toModel(name, variable)),
  };
}

function render(variable: TestVariable, format: string | Function | undefined): string {
  const { value, all, allValue } = variable;
  if (format === 'text') {
    return all ? 'All' : String(value);
  }
  if (all && allValue !== undefined) {
    return allValue;
  }
  if (typeof format === 'function') {
    return format(value, { multi: Array.isArray(value), includeAll: Boolean(all) });
  }
  return Array.isArray(value) && value.length !== 1 ? `{${value.join(',')}}` : String(value);
}

function toModel(name: string, variable: TestVariable): TypedVariableModel {
  const { type = 'query', regex = '', query = {} } = variable;
  return { name, type, regex, query } as TypedVariableModel;
}
