import { useEffect, useState } from 'react';
import type { Dimension, MetricsResponse } from '../../backend/contract/grafana';
import type { HeapscopeDataSource } from '../datasource';

/** What the editors offer, once it is there; until then, or if it failed, everything can still be typed. */
export interface Catalogue {
  metrics: MetricsResponse['metrics'];
  dimensionsOf(level: string | undefined): Dimension[];
  /** The backend's sentence if the catalogue could not be had. */
  error?: string;
}

type Loaded = { catalogue: MetricsResponse } | { error: string } | undefined;

/** Asks the backend for its metrics and dimensions once per editor. */
export function useCatalogue(datasource: HeapscopeDataSource): Catalogue {
  const [loaded, setLoaded] = useState<Loaded>();
  useEffect(() => {
    let current = true;
    datasource.loadCatalogue().then(
      (catalogue) => current && setLoaded({ catalogue }),
      (error: unknown) => current && setLoaded({ error: error instanceof Error ? error.message : String(error) })
    );
    return () => {
      current = false;
    };
  }, [datasource]);

  const catalogue = loaded && 'catalogue' in loaded ? loaded.catalogue : undefined;
  return {
    metrics: catalogue?.metrics ?? [],
    dimensionsOf: (level) => listDimensions(catalogue, level),
    error: loaded && 'error' in loaded ? loaded.error : undefined,
  };
}

/** Dimensions of a level; of all levels where it is a variable or open. */
function listDimensions(catalogue: MetricsResponse | undefined, level: string | undefined): Dimension[] {
  const known: Partial<Record<string, Dimension[]>> = catalogue?.dimensions ?? {};
  return known[level ?? ''] ?? [...new Set(Object.values(known).flatMap((dimensions) => dimensions ?? []))];
}
