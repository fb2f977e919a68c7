import { keyNumber } from './jsonCursor.ts';

/** The keys of a summary, as the cursor gives them. */
export const NODE = keyNumber('node');
export const PODS = keyNumber('pods');
export const NODE_NAME = keyNumber('nodeName');
export const SYSTEM_CONTAINERS = keyNumber('systemContainers');
export const START_TIME = keyNumber('startTime');
export const TIME = keyNumber('time');
export const NAME = keyNumber('name');
export const NAMESPACE = keyNumber('namespace');
export const VALUE = keyNumber('value');
export const TYPE = keyNumber('type');
export const UID = keyNumber('uid');

export const CPU = keyNumber('cpu');
export const USAGE_CORE_NANO_SECONDS = keyNumber('usageCoreNanoSeconds');
export const USAGE_NANO_CORES = keyNumber('usageNanoCores');

export const MEMORY = keyNumber('memory');
export const USAGE_BYTES = keyNumber('usageBytes');
export const WORKING_SET_BYTES = keyNumber('workingSetBytes');
export const RSS_BYTES = keyNumber('rssBytes');
export const AVAILABLE_BYTES = keyNumber('availableBytes');
export const PAGE_FAULTS = keyNumber('pageFaults');
export const MAJOR_PAGE_FAULTS = keyNumber('majorPageFaults');

export const SWAP = keyNumber('swap');
export const SWAP_USAGE_BYTES = keyNumber('swapUsageBytes');
export const SWAP_AVAILABLE_BYTES = keyNumber('swapAvailableBytes');

export const IO = keyNumber('io');
export const PSI = keyNumber('psi');
export const SOME = keyNumber('some');
export const FULL = keyNumber('full');
export const TOTAL = keyNumber('total');
export const AVG10 = keyNumber('avg10');
export const AVG60 = keyNumber('avg60');
export const AVG300 = keyNumber('avg300');

export const NETWORK = keyNumber('network');
export const INTERFACES = keyNumber('interfaces');
export const RX_BYTES = keyNumber('rxBytes');
export const RX_ERRORS = keyNumber('rxErrors');
export const TX_BYTES = keyNumber('txBytes');
export const TX_ERRORS = keyNumber('txErrors');

export const FS = keyNumber('fs');
export const RUNTIME = keyNumber('runtime');
export const IMAGE_FS = keyNumber('imageFs');
export const CONTAINER_FS = keyNumber('containerFs');
export const ROOTFS = keyNumber('rootfs');
export const LOGS = keyNumber('logs');
export const VOLUME = keyNumber('volume');
export const PVC_REF = keyNumber('pvcRef');
export const EPHEMERAL_STORAGE = keyNumber('ephemeral-storage');
export const USED_BYTES = keyNumber('usedBytes');
export const CAPACITY_BYTES = keyNumber('capacityBytes');
export const INODES = keyNumber('inodes');
export const INODES_FREE = keyNumber('inodesFree');
export const INODES_USED = keyNumber('inodesUsed');

export const POD_REF = keyNumber('podRef');
export const CONTAINERS = keyNumber('containers');
export const PROCESS_STATS = keyNumber('process_stats');
export const PROCESS_COUNT = keyNumber('process_count');
export const RLIMIT = keyNumber('rlimit');
export const MAXPID = keyNumber('maxpid');
export const CURPROC = keyNumber('curproc');
export const ACCELERATORS = keyNumber('accelerators');
export const MAKE = keyNumber('make');
export const MODEL = keyNumber('model');
export const ID = keyNumber('id');
export const MEMORY_TOTAL = keyNumber('memoryTotal');
export const MEMORY_USED = keyNumber('memoryUsed');
export const DUTY_CYCLE = keyNumber('dutyCycle');
export const USER_DEFINED_METRICS = keyNumber('userDefinedMetrics');
