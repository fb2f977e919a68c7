import type { BackendSrv, BackendSrvRequest, FetchError, FetchResponse } from '@grafana/runtime';
import { from, Observable } from 'rxjs';

/** Sends requests and throws for failures as Grafana's own service does. */
export function createBackendSrv(): BackendSrv {
  const service: Pick<BackendSrv, 'fetch' | 'chunked'> = {
    chunked,
    fetch: <T>(options: BackendSrvRequest): Observable<FetchResponse<T>> => from(send<T>(options)),
  };
  return service as BackendSrv;
}

/** Hands out an answer piece by piece, refusals too, and a piece without data at its end. */
function chunked(options: BackendSrvRequest): Observable<FetchResponse<Uint8Array | undefined>> {
  return new Observable((subscriber) => {
    const leaving = new AbortController();
    const read = async () => {
      const response = await fetch(options.url, {
        method: options.method,
        headers: { 'content-type': 'application/json', ...options.headers },
        body: JSON.stringify(options.data),
        signal: leaving.signal,
      });
      const { status, statusText, ok, headers } = response;
      const reader = response.body!.getReader();
      for (let done = false; !done;) {
        const chunk = await reader.read();
        done = chunk.done;
        const data = chunk.value;
        subscriber.next({ data, status, statusText, ok, headers, config: options } as FetchResponse<Uint8Array>);
      }
    };
    read().then(
      () => subscriber.complete(),
      (error) => subscriber.error(error)
    );
    return () => leaving.abort();
  });
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
