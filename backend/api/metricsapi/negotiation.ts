import { notAcceptable } from './statusFailure.ts';

const JSON_TYPE = 'application/json';

/** A form of an answer: plain JSON, or an object of another kind in place of it. */
export interface AnswerForm {
  /** `Table`, `APIGroupDiscoveryList`; undefined: plain. */
  readonly as?: string;
  readonly group?: string;
  readonly version?: string;
}

/** The form that the client likes best among plain JSON and `forms`. Throws 406 if it takes none. */
export function chooseForm(accept: string | undefined, forms: readonly AnswerForm[] = []): AnswerForm {
  const wishes = readAccept(accept === undefined || accept.trim() === '' ? '*/*' : accept);
  for (const { type, parameters } of wishes) {
    if (type !== JSON_TYPE && type !== 'application/*' && type !== '*/*') {
      continue;
    }
    const as = parameters.get('as');
    if (as === undefined) {
      return {};
    }
    const form = forms.find(
      (each) => each.as === as && each.group === parameters.get('g') && each.version === parameters.get('v')
    );
    if (form) {
      return form;
    }
  }
  throw notAcceptable([JSON_TYPE]);
}

/** The content type of a form, as the client asked for it. */
export function contentTypeOf({ as, group, version }: AnswerForm): string {
  return as === undefined || as === 'Table' ? JSON_TYPE : `${JSON_TYPE};g=${group};v=${version};as=${as}`;
}

interface Wish {
  readonly type: string;
  readonly quality: number;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Most wanted first. */
function readAccept(accept: string): Wish[] {
  return accept
    .split(',')
    .map((entry): Wish => {
      const [type, ...rest] = entry.split(';').map((part) => part.trim());
      const parameters = new Map(
        rest.map((part): [string, string] => {
          const [name, value = ''] = part.split('=');
          return [name.trim().toLowerCase(), value.trim()];
        })
      );
      const quality = Number(parameters.get('q') ?? 1);
      return { type: type.toLowerCase(), quality, parameters };
    })
    .filter(({ quality }) => quality > 0)
    .sort((one, other) => other.quality - one.quality);
}
