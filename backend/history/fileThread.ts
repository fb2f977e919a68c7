import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { DamagedBytesError } from './byteReader.ts';
import type { DataDirectory } from './dataDirectory.ts';
import type { FileTask, FileTaskDone, FileWorker } from './fileTasks.ts';

/** What the thread tells of its task. */
export type ThreadAnswer =
  | { readonly done: FileTaskDone; readonly failure?: undefined }
  | {
      readonly failure: { readonly message: string; readonly code: string; readonly isDamage: boolean };
      readonly done?: undefined;
    };

/** Beside the source, and beside the bundle. */
const PLACES = ['./historyThread.ts', './historyThread.mjs'].map((file) => new URL(file, import.meta.url));

/**
 * Does each task in a thread of its own, so that rounds and questions never wait for files. The thread ends with the task:
 * between two of them, minutes apart, nothing of it takes memory.
 */
export class FileThread implements FileWorker {
  private readonly directory: DataDirectory;
  private readonly stopping: AbortSignal;

  /** What a task had begun when `stopping` aborts is left to the next start. */
  constructor(directory: DataDirectory, stopping: AbortSignal) {
    this.directory = directory;
    this.stopping = stopping;
  }

  run(task: FileTask): Promise<FileTaskDone> {
    const { directory, stopping } = this;
    if (stopping.aborted) {
      return Promise.reject(stopping.reason);
    }
    const worker = new Worker(
      PLACES.find((place) => existsSync(place))!,
      { workerData: { directory, task } }
    );
    return new Promise<FileTaskDone>((resolve, reject) => {
      const stop = () => {
        reject(stopping.reason);
        void worker.terminate();
      };
      stopping.addEventListener('abort', stop, { once: true });
      worker.once('message', ({ done, failure }: ThreadAnswer) => (done ? resolve(done) : reject(errorOf(failure))));
      worker.once('error', reject);
      worker.once('exit', () => {
        stopping.removeEventListener('abort', stop);
        reject(new Error('the thread that works on files ended before its work did'));
      });
    });
  }
}

function errorOf({ message, code, isDamage }: NonNullable<ThreadAnswer['failure']>): Error {
  return isDamage ? new DamagedBytesError(message) : Object.assign(new Error(message), { code });
}
