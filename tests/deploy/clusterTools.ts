import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { findProgram, programOf } from '../support/programs.ts';

const ROOT = join(__dirname, '..', '..');
const CHART = 'deploy/helm/heapscope';
/** What `kubectl-validate` v0.0.4 knows at most by itself. */
const KUBERNETES = '1.30';

/** As `.ci/run` installs them. */
const INSTALL: Record<string, string> = {
  kustomize: 'sigs.k8s.io/kustomize/kustomize/v5@v5.6.0',
  helm: 'helm.sh/helm/v3/cmd/helm@v3.22.0',
  'kubectl-validate': 'sigs.k8s.io/kubectl-validate@v0.0.4',
};

/** An object of a manifest, as far as tests look at all kinds alike. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
  };
  readonly [key: string]: unknown;
}

/** What a program wrote and how it ended. */
export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The objects `kubectl apply -k FOLDER` would apply. */
export function kustomize(folder: string): string {
  const [program, ...first] = kustomizeProgram();
  return succeed(run(program, [...first, folder]), `kustomize build ${folder}`);
}

/** The same for a folder of somebody's own that joins components, in this order. */
export function kustomizeComponents(components: readonly string[]): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'heapscope-kustomization-'));
  const deploy = relative(folder, join(ROOT, 'deploy'));
  const list = components.map((name) => `  - ${deploy}/components/${name}\n`).join('');
  writeFileSync(join(folder, 'kustomization.yaml'), `resources:\n  - ${deploy}/base\ncomponents:\n${list}`);
  try {
    return kustomize(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs `helm template` on the chart. */
export function helmTemplate(release: string, namespace: string, values: readonly string[] = []): Ran {
  const set = values.flatMap((value) => ['--set', value]);
  const version = `--kube-version=${KUBERNETES}.0`;
  return run(goProgram('helm'), ['template', release, CHART, '--namespace', namespace, version, ...set]);
}

/** Runs `helm lint --strict` on the chart. */
export function helmLint(): Ran {
  return run(goProgram('helm'), ['lint', '--strict', `--kube-version=${KUBERNETES}.0`, CHART]);
}

/** What the schemas and checks of Kubernetes itself say of manifests in files; empty if they are valid. */
export function invalidities(files: readonly string[]): string[] {
  const { status, stdout, stderr } = run(goProgram('kubectl-validate'), [
    ...files,
    `--version=${KUBERNETES}`,
    '--output=json',
  ]);
  if (status === 0) {
    return [];
  }
  const start = stdout.indexOf('{');
  if (start === -1) {
    throw new Error(`kubectl-validate ended with ${status}: ${stdout}${stderr}`);
  }
  return [stdout.slice(start)];
}

/** The objects of a text with several YAML documents. */
export function objectsOf(text: string): Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    if (document.errors.length > 0) {
      throw document.errors[0];
    }
    const object = document.toJS() as Manifest | null;
    return object === null ? [] : [object];
  });
}

/** Throws with what a program said if it failed; else gives what it wrote. */
export function succeed({ status, stdout, stderr }: Ran, what: string): string {
  if (status !== 0) {
    throw new Error(`${what} ended with ${status}: ${stderr}`);
  }
  return stdout;
}

function kustomizeProgram(): string[] {
  const own = findProgram('kustomize');
  if (own !== undefined) {
    return [own, 'build'];
  }
  const kubectl = findProgram('kubectl');
  // kustomize of kubectl before 1.21 knows no components.
  const minor = kubectl && /"?minor"?: "?(\d+)/.exec(run(kubectl, ['version', '--client', '-o', 'json']).stdout)?.[1];
  return kubectl && Number(minor) >= 21 ? [kubectl, 'kustomize'] : [goProgram('kustomize'), 'build'];
}

function goProgram(name: string): string {
  return programOf(name, `\`go install ${INSTALL[name]}\` (with Go 1.21 or later, and GOTOOLCHAIN=auto before 1.26)`);
}

function run(program: string, args: readonly string[]): Ran {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error) {
    throw error;
  }
  return { status, stdout, stderr };
}
