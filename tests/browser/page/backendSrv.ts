import type { BackendSrv, BackendSrvRequest, FetchError, FetchResponse } from '@grafana/runtime';
import { from, type Observable } from 'rxjs';

/** Sends requests and throws for failures as Grafana's own service does. */
export function createBackendSrv(): BackendSrv {
  const service: Pick<BackendSrv, 'fetch'> = {
    fetch: <T>(options: BackendSrvRequest): Observable<FetchResponse<T>> => from(send<T>(options)),
  };
  return service as BackendSrv;
}

async function send<T>(options: BackendSrvRequest): Promise<FetchResponse<T>> {
  const response = await fetch(options.url, {
    method: options.method,
    headers: { 'content-type': 'application/json' },
    body: options.data === undefined ? undefined : JSON.stringify(options.data),
  });
  const data = parse(await response.text());
  const { status, statusText } = response;
  if (!response.ok) {
    const failure: FetchError = {
      status,
      statusText,
      data: typeof data === 'string' ? { message: data } : data,
      config: options,
    };
    throw failure;
  }
  return { data, status, statusText, ok: true, headers: response.headers, config: options } as FetchResponse<T>;
}

function parse(text: string) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
