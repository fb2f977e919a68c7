import { createHash } from 'node:crypto';
import { aggregatedDiscovery, AGGREGATED_FORMS, API_GROUP, GROUP_LIST, RESOURCE_LIST } from './discovery.ts';
import { GROUP, GROUP_VERSION } from './group.ts';
import { chooseForm, contentTypeOf } from './negotiation.ts';
import { OPENAPI_V2, OPENAPI_V3 } from './openapi.ts';

/** What is sent: an object of the API, and its content type. */
export interface ApiAnswer {
  readonly contentType: string;
  readonly body: object;
}

/** Documents that are the same for everybody, by path; each is made for what the client accepts. */
export type Documents = ReadonlyMap<string, (accept: string | undefined) => ApiAnswer>;

const OPENAPI_V3_PATH = `/openapi/v3/apis/${GROUP_VERSION}`;

/** The documents that clients and the aggregator find their way by. */
export function createDocuments(version: string): Documents {
  const hash = createHash('sha256').update(JSON.stringify(OPENAPI_V3)).digest('hex').toUpperCase();
  const openApi = { paths: { [`apis/${GROUP_VERSION}`]: { serverRelativeURL: `${OPENAPI_V3_PATH}?hash=${hash}` } } };
  const documents = new Map<string, (accept: string | undefined) => ApiAnswer>([
    ['/apis', discover],
    [`/apis/${GROUP}`, plain(API_GROUP)],
    [`/apis/${GROUP_VERSION}`, plain(RESOURCE_LIST)],
    ['/openapi/v2', plain(OPENAPI_V2)],
    ['/openapi/v3', plain(openApi)],
    [OPENAPI_V3_PATH, plain(OPENAPI_V3)],
    ['/version', plain({ major: '1', minor: '0', gitVersion: `v${version}`, platform: 'heapscope' })],
  ]);
  const paths = [...documents.keys(), '/healthz', '/livez', '/readyz'].sort();
  return documents.set('/', plain({ paths }));
}

function plain(body: object): (accept: string | undefined) => ApiAnswer {
  return (accept) => ({ contentType: contentTypeOf(chooseForm(accept)), body });
}

function discover(accept: string | undefined): ApiAnswer {
  const form = chooseForm(accept, AGGREGATED_FORMS);
  return { contentType: contentTypeOf(form), body: form.as === undefined ? GROUP_LIST : aggregatedDiscovery(form) };
}
