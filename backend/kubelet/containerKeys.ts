import { keyNumber } from './jsonCursor.ts';

/** The keys of what a kubelet says of one container, where it tells containers one by one, as the cursor gives them. */
export const NAME = keyNumber('name');
export const ALIASES = keyNumber('aliases');
export const SPEC = keyNumber('spec');
export const STATS = keyNumber('stats');

export const CREATION_TIME = keyNumber('creation_time');
export const LABELS = keyNumber('labels');
export const IMAGE = keyNumber('image');
export const HAS_CPU = keyNumber('has_cpu');
export const HAS_MEMORY = keyNumber('has_memory');
export const HAS_NETWORK = keyNumber('has_network');
export const HAS_FILESYSTEM = keyNumber('has_filesystem');
export const HAS_DISKIO = keyNumber('has_diskio');
export const HAS_CUSTOM_METRICS = keyNumber('has_custom_metrics');
export const CUSTOM_METRICS = keyNumber('custom_metrics');
export const TYPE = keyNumber('type');
export const FORMAT = keyNumber('format');
export const INT_VALUE = keyNumber('int_value');
export const FLOAT_VALUE = keyNumber('float_value');

export const TIMESTAMP = keyNumber('timestamp');
export const CPU = keyNumber('cpu');
export const USAGE = keyNumber('usage');
export const TOTAL = keyNumber('total');
export const LOAD_AVERAGE = keyNumber('load_average');
export const MEMORY = keyNumber('memory');
export const CACHE = keyNumber('cache');
export const RSS = keyNumber('rss');
export const WORKING_SET = keyNumber('working_set');
export const CONTAINER_DATA = keyNumber('container_data');
export const PGFAULT = keyNumber('pgfault');
export const PGMAJFAULT = keyNumber('pgmajfault');

export const NETWORK = keyNumber('network');
export const INTERFACES = keyNumber('interfaces');
export const RX_BYTES = keyNumber('rx_bytes');
export const RX_ERRORS = keyNumber('rx_errors');
export const TX_BYTES = keyNumber('tx_bytes');
export const TX_ERRORS = keyNumber('tx_errors');

export const FILESYSTEM = keyNumber('filesystem');
export const DEVICE = keyNumber('device');
export const CAPACITY = keyNumber('capacity');
export const AVAILABLE = keyNumber('available');
export const HAS_INODES = keyNumber('has_inodes');
export const INODES = keyNumber('inodes');
export const INODES_FREE = keyNumber('inodes_free');

export const DISKIO = keyNumber('diskio');
export const IO_SERVICE_BYTES = keyNumber('io_service_bytes');
export const MAJOR = keyNumber('major');
export const MINOR = keyNumber('minor');
export const READ = keyNumber('Read');
export const WRITE = keyNumber('Write');

export const ACCELERATORS = keyNumber('accelerators');
export const MEMORY_TOTAL = keyNumber('memory_total');
export const MEMORY_USED = keyNumber('memory_used');
export const DUTY_CYCLE = keyNumber('duty_cycle');
