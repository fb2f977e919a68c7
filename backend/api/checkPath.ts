import type { RequestHandler } from 'express';
import { HeapscopeError } from '../errors.ts';

const LONGEST_ADDRESS = 8_192;
/** The Dashboard puts all pods of a namespace into one address: some six thousand names. */
const LONGEST_LIST = 250_000;
const LIST_OF_PODS = /^\/api\/v1\/(model|historical|dashboard)\/(.*\/)?pod-(id-)?list\//;

/** Refuses addresses that no honest client sends: dot segments, NUL, encoded twice, empty segments. */
export const checkPath: RequestHandler = (request, _response, next) => {
  const [path] = request.url.split('?');
  checkLength(request.url.length, path);
  const decoded = decode(path);
  if (decoded.includes('\0') || /%(2e|2f|5c|00)/i.test(decoded)) {
    throw new HeapscopeError('bad_request', 'The path holds characters that are not allowed in it.');
  }
  if (decoded.split(/[/\\]/).some((segment) => segment === '.' || segment === '..')) {
    throw new HeapscopeError('bad_request', 'The path must not hold the segments "." or "..".');
  }
  if (path.includes('//')) {
    throw new HeapscopeError('not_found', 'There is nothing at this path; it holds an empty segment ("//").');
  }
  next();
};

function checkLength(length: number, path: string): void {
  if (LIST_OF_PODS.test(path)) {
    if (length > LONGEST_LIST) {
      throw new HeapscopeError(
        'bad_request',
        `The address is longer than ${LONGEST_LIST} characters; name fewer pods.`
      );
    }
  } else if (length > LONGEST_ADDRESS) {
    throw new HeapscopeError(
      'bad_request',
      `The address is longer than ${LONGEST_ADDRESS} characters; send a POST with a body.`
    );
  }
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    throw new HeapscopeError('bad_request', 'The path holds a percent sign that encodes nothing.', { cause });
  }
}

/** Names a browser may use for this machine; another name means that a page of somebody else asks (DNS rebinding). */
const NAMES_OF_THIS_MACHINE =
  /^(localhost|.+\.localhost|host\.docker\.internal|host\.containers\.internal|\[[0-9a-f:.]+\]|[\d.]+)(:\d+)?$/i;

/** Refuses foreign host names, for a server that trusts everybody on this machine. */
export const checkLocalHost: RequestHandler = (request, _response, next) => {
  if (!NAMES_OF_THIS_MACHINE.test(request.headers.host ?? '')) {
    throw new HeapscopeError(
      'forbidden',
      'Without authentication this server answers only to localhost or an IP address as its name.'
    );
  }
  next();
};
