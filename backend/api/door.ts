import type { Router } from 'express';

/** One outside language: the routes below a path, and whether they need a token. */
export interface Door {
  readonly path: string;
  readonly router: Router;
  /** `token`: the asker must be known; his scope is then in `response.locals`. `public`: everybody may ask. */
  readonly access: 'public' | 'token';
  /** What a 401 of this door says beside what is missing, for clients that know no tokens. */
  readonly howToOpen?: string;
}
