import { sentenceOf } from '../errors.ts';
import {
  AUTHENTICATION_CONFIG_MAP,
  readAuthenticationConfig,
  unreadable,
  type AuthenticationConfig,
} from './authenticationConfig.ts';
import type { JsonObject } from './json.ts';
import { textAt, objectAt } from './json.ts';
import { createReflector } from './reflector.ts';
import type { ObjectSink, ReflectorOptions } from './reflector.ts';
import type { ResourceKind } from './watchProtocol.ts';

const CONFIG_MAP: ResourceKind = {
  resource: 'configmaps',
  path: '/api/v1/namespaces/kube-system/configmaps',
  name: AUTHENTICATION_CONFIG_MAP,
};

/** Who wants to know whom the cluster trusts. */
export interface AuthenticationListener {
  /** The ConfigMap as it is now: at the start, and whenever it was written. */
  found(config: AuthenticationConfig): void;
  /** What keeps the ConfigMap from being known or used, as a sentence; undefined when all is well again. */
  problem(sentence: string | undefined): void;
}

/** Watches that one ConfigMap until the signal aborts; never rejects. What was found stays until there is something better. */
export function followAuthentication(
  parts: Pick<ReflectorOptions, 'api' | 'clock' | 'backoff'>,
  listener: AuthenticationListener,
  signal: AbortSignal
): Promise<void> {
  const told = new Trouble(listener);
  const reflector = createReflector({
    ...parts,
    kind: CONFIG_MAP,
    sink: sinkFor(listener, told),
    onProblem: (sentence, status) => {
      told.watching = sentence === undefined ? undefined : watchProblem(sentence, status);
      told.tell();
    },
  });
  return reflector.run(signal);
}

/** A problem of the watch counts before one of what the watch brought. */
class Trouble {
  watching: string | undefined;
  content: string | undefined;
  private readonly listener: AuthenticationListener;
  private last: string | undefined;

  constructor(listener: AuthenticationListener) {
    this.listener = listener;
  }

  tell(): void {
    const sentence = this.watching ?? this.content;
    if (sentence !== this.last) {
      this.last = sentence;
      this.listener.problem(sentence);
    }
  }
}

function sinkFor(listener: AuthenticationListener, told: Trouble): ObjectSink {
  const isMissing = (): void => {
    told.content = unreadable('it does not exist').message;
    told.tell();
  };
  return {
    put(object: JsonObject): string {
      try {
        listener.found(readAuthenticationConfig(object));
        told.content = undefined;
      } catch (error) {
        told.content = sentenceOf(error);
      }
      told.tell();
      return textAt(objectAt(object, 'metadata'), 'uid');
    },
    remove: isMissing,
    keepOnly(uids) {
      if (uids.size === 0) {
        isMissing();
      }
    },
  };
}

function watchProblem(sentence: string, status: number | undefined): string {
  return status === 403
    ? `${unreadable('the service account may not read it').message} Bind the service account to the role extension-apiserver-authentication-reader in kube-system.`
    : `The ConfigMap kube-system/${AUTHENTICATION_CONFIG_MAP} is not watched. ${sentence}`;
}
