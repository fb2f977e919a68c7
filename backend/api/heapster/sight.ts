import { HeapscopeError } from '../../errors.ts';
import type { Scope } from '../scope.ts';
import type { Entity } from './entities.ts';

/** Whether an asker may see an entity. What belongs to no namespace is refused to tokens that are bound to some. */
export function maySee(scope: Scope, { level, namespace = '' }: Pick<Entity, 'level' | 'namespace'>): boolean {
  if (scope.namespaces === 'all') {
    return true;
  }
  if (level === 'cluster' || level === 'node' || level === 'sys_container') {
    throw new HeapscopeError(
      'forbidden',
      `This token is bound to the namespaces ${scope.namespaces.join(', ')}; it may not see nodes and the cluster. Use a token without namespaces.`
    );
  }
  return scope.namespaces.includes(namespace);
}

/** Whether an entity is one that the asker sees in a list of everything. */
export function isInSight(scope: Scope, { level, namespace = '' }: Pick<Entity, 'level' | 'namespace'>): boolean {
  const isBound = scope.namespaces !== 'all';
  return !isBound || (['namespace', 'pod', 'container'].includes(level) && scope.namespaces.includes(namespace));
}
