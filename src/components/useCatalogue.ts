import { useEffect, useState } from 'react';
import type { Dimension, MetricsResponse } from '../../backend/contract/grafana';
import type { HeapscopeDataSource } from '../datasource';
import type { Fields } from '../filters';

/** What the editors offer, once it is there; until then, or if it failed, everything can still be typed. */
export interface Catalogue {
  metrics: MetricsResponse['metrics'];
  /** Names the objects of a level have; of all levels where it is a variable or open. */
  dimensionsOf(level: string | undefined): Dimension[];
  /** What a metric of a level can be filtered and grouped by; undefined where the level is a variable or not known. */
  fieldsOf(level: string | undefined, metric?: string): Fields | undefined;
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
    fieldsOf: (level, metric) => catalogue && findFields(catalogue, level, metric),
    error: loaded && 'error' in loaded ? loaded.error : undefined,
  };
}

/** Dimensions of a level; of all levels where it is a variable or open. */
function listDimensions(catalogue: MetricsResponse | undefined, level: string | undefined): Dimension[] {
  const known: Partial<Record<string, Dimension[]>> = catalogue?.dimensions ?? {};
  return known[level ?? ''] ?? [...new Set(Object.values(known).flatMap((dimensions) => dimensions ?? []))];
}

function findFields({ metrics, dimensions, labelled }: MetricsResponse, level = '', metric = ''): Fields | undefined {
  const known: Partial<Record<string, Dimension[]>> = dimensions;
  const names = known[level];
  // A metric that is a variable or not chosen yet may have any names.
  const asked = metrics.find(({ name }) => name === metric);
  const further = asked ? asked.labels : metrics.flatMap(({ labels }) => labels);
  return (
    names && {
      names: [...new Set([...names, ...further])],
      labels: (labelled ?? [level]).some((other) => other === level) && !(level === 'node' && asked?.labels.length),
    }
  );
}
