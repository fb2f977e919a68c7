import { parentPort, workerData } from 'node:worker_threads';
import { codeOf } from '../errors.ts';
import { DamagedBytesError } from './byteReader.ts';
import type { DataDirectory } from './dataDirectory.ts';
import { doFileTask, type FileTask } from './fileTasks.ts';
import type { ThreadAnswer } from './fileThread.ts';

// What a thread of its own runs: one task, whose outcome it tells.
const { directory, task } = workerData as { directory: DataDirectory; task: FileTask };

function outcome(): ThreadAnswer {
  try {
    return { done: doFileTask(directory, task) };
  } catch (error) {
    const { message } = error as Error;
    return { failure: { message, code: codeOf(error), isDamage: error instanceof DamagedBytesError } };
  }
}

parentPort!.postMessage(outcome());
