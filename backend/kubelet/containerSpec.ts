import * as KEY from './containerKeys.ts';
import { END, type JsonCursor } from './jsonCursor.ts';

/** A metric of the application in a container. */
export interface CustomMetric {
  readonly isFloat: boolean;
}

/** What a container is, as far as its measurements need it. */
export interface ContainerSpec {
  /** Unix ms, NaN if unknown. */
  startMs: number;
  /** What Kubernetes calls it; '' where the runtime knows of no Kubernetes. */
  container: string;
  pod: string;
  namespace: string;
  uid: string;
  image: string;
  hasCpu: boolean;
  hasMemory: boolean;
  hasNetwork: boolean;
  hasFilesystem: boolean;
  hasDiskio: boolean;
  customMetrics: ReadonlyMap<string, CustomMetric>;
}

const NO_METRICS: ReadonlyMap<string, CustomMetric> = new Map();
/** Metrics of other types and formats were never told. */
const TYPES: ReadonlySet<string> = new Set(['gauge', 'cumulative']);
const FORMATS: ReadonlySet<string> = new Set(['int', 'float']);

/** A spec of which nothing was read. */
export function emptySpec(): ContainerSpec {
  return {
    startMs: NaN,
    container: '',
    pod: '',
    namespace: '',
    uid: '',
    image: '',
    hasCpu: false,
    hasMemory: false,
    hasNetwork: false,
    hasFilesystem: false,
    hasDiskio: false,
    customMetrics: NO_METRICS,
  };
}

/** Reads the `spec` of a container. */
export function readSpec(cursor: JsonCursor): ContainerSpec {
  const spec = emptySpec();
  let hasCustomMetrics = false;
  for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
    switch (key) {
      case KEY.CREATION_TIME:
        spec.startMs = cursor.timeMs();
        break;
      case KEY.LABELS:
        readLabels(cursor, spec);
        break;
      case KEY.IMAGE:
        spec.image = cursor.string();
        break;
      case KEY.HAS_CPU:
        spec.hasCpu = cursor.boolean();
        break;
      case KEY.HAS_MEMORY:
        spec.hasMemory = cursor.boolean();
        break;
      case KEY.HAS_NETWORK:
        spec.hasNetwork = cursor.boolean();
        break;
      case KEY.HAS_FILESYSTEM:
        spec.hasFilesystem = cursor.boolean();
        break;
      case KEY.HAS_DISKIO:
        spec.hasDiskio = cursor.boolean();
        break;
      case KEY.HAS_CUSTOM_METRICS:
        hasCustomMetrics = cursor.boolean();
        break;
      case KEY.CUSTOM_METRICS:
        spec.customMetrics = readCustomMetrics(cursor);
        break;
      default:
        cursor.skip();
    }
  }
  spec.customMetrics = hasCustomMetrics ? spec.customMetrics : NO_METRICS;
  return spec;
}

/** Keys of labels are compared as texts: an image may bring labels of any name. */
function readLabels(cursor: JsonCursor, spec: ContainerSpec): void {
  for (let name = cursor.firstName(); name !== undefined; name = cursor.nextName()) {
    switch (name) {
      case 'io.kubernetes.container.name':
        spec.container = cursor.string();
        break;
      case 'io.kubernetes.pod.name':
        spec.pod = cursor.string();
        break;
      case 'io.kubernetes.pod.namespace':
        spec.namespace = cursor.string();
        break;
      case 'io.kubernetes.pod.uid':
        spec.uid = cursor.string();
        break;
      default:
        cursor.skip();
    }
  }
}

function readCustomMetrics(cursor: JsonCursor): Map<string, CustomMetric> {
  const metrics = new Map<string, CustomMetric>();
  for (let more = cursor.firstItem(); more; more = cursor.nextItem()) {
    let [name, type, format] = ['', '', ''];
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      if (key === KEY.NAME) {
        name = cursor.string();
      } else if (key === KEY.TYPE) {
        type = cursor.string();
      } else if (key === KEY.FORMAT) {
        format = cursor.string();
      } else {
        cursor.skip();
      }
    }
    if (name !== '' && TYPES.has(type) && FORMATS.has(format)) {
      metrics.set(name, { isFloat: format === 'float' });
    }
  }
  return metrics;
}
