import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { documentedForeignFlags, documentedGroups } from '../backend/config/documentation.ts';
import { ERRORS } from '../backend/errors.ts';
import { CATALOGUE } from '../backend/model/catalogue.ts';
import type { MetricDefinition } from '../backend/model/catalogue.ts';
import { markdownTable } from './markdownTable.ts';

/** The documents that are printed from the program, by their file names in `docs/`. */
export const DOCUMENTS: Readonly<Record<string, () => string>> = {
  'configuration.md': printConfiguration,
  'errors.md': printErrors,
  'metrics.md': printMetrics,
};

/** Where the documents are. */
export const DOCS_FOLDER = new URL('../docs/', import.meta.url);

const PRINTED = '<!-- Printed by `npm run docs`; change the source instead. -->';

const SOURCE_OPTIONS: ReadonlyArray<readonly [string, string, string]> = [
  ['`inClusterConfig`', '`true`', 'Use the service account of the pod; the URL then only replaces the host.'],
  ['`insecure`', '`false`', 'Do not verify certificates.'],
  ['`auth`', '', 'Kubeconfig whose current context is used; only with `inClusterConfig=false`.'],
  ['`useServiceAccount`', '`false`', "Send the service account's token; only with `inClusterConfig=false`."],
  ['`kubeletPort`', '`10255`', 'Port of all kubelets.'],
  ['`kubeletHttps`', '`false`', 'Ask kubelets by HTTPS; the token is sent only then.'],
  ['`host_id_annotation`', '', 'Node annotation that gives `host_id` where the node has no external id.'],
];

function printConfiguration(): string {
  const groups = documentedGroups().map(({ title, rows }) => {
    const table = markdownTable(
      ['Flag', 'Environment', 'Default', 'Meaning'],
      rows.map((row) => [row.flag && `\`${row.flag}\``, `\`${row.variable}\``, row.default, row.description])
    );
    return `## ${title}\n\n${table}`;
  });
  return document(
    'Configuration',
    'Settings are given as flags (`--name=value` or `--name value`), as environment variables, or in a YAML file named by `--config` with one `name: value` per line. Flags win over the environment, the environment wins over the file. In names, `_` and `-` are the same. Everything that is wrong is reported at the start, all at once.',
    ...groups,
    ...printHeapsterPart()
  );
}

function printHeapsterPart(): string[] {
  const { noEffect, refused } = documentedForeignFlags();
  return [
    '## `--source`',
    "`--source=PREFIX:URL?OPTIONS` works as Heapster's did. The prefix is `kubernetes.summary_api`, which reads the Summary API of the kubelets, or `kubernetes`, which asks them by `POST /stats/container/` as Heapster did, and for the summary those that do not know it any more (see [heapster.md](heapster.md#the-source-kubernetes)). The URL is the API server, or `''` for the cluster this runs in; `$NAME` and `${NAME}` in it are taken from the environment. Without `--source` the kubelets are asked by HTTPS on the port that each node's status tells.",
    markdownTable(['Option', 'Default', 'Meaning'], SOURCE_OPTIONS),
    '## Other flags of Heapster and metrics-server',
    'Accepted without effect, so that an old manifest starts:',
    noEffect.map((flag) => `\`${flag}\``).join(', ') + '.',
    "`--sink=influxdb:…` and `--sink=graphite:…` write Heapster's metrics as Heapster did, see [sinks.md](sinks.md). `--sink=metric` and `--sink=log` are accepted without effect; its other sinks are refused with what to use instead. Refused are also:",
    markdownTable(
      ['Flag', 'Because'],
      refused.map(({ flag, instead }) => [`\`${flag}\``, instead])
    ),
  ];
}

function printErrors(): string {
  return document(
    'Errors',
    'Every failure has a code, a sentence that says what failed for which object, and a HTTP status. Over HTTP the body is `{"code": "…", "message": "…"}`. Failures of single nodes never fail a request; they appear on the status page, in the notices of panels and in the metric `heapscope_scrapes_total`.',
    markdownTable(
      ['Code', 'Status', 'What to do'],
      Object.entries(ERRORS).map(([code, { status, help }]) => [`\`${code}\``, String(status), help])
    )
  );
}

function printMetrics(): string {
  return document(
    'Metrics',
    `Heapscope knows ${CATALOGUE.length} metrics, and two families whose names only the cluster knows: \`RESOURCE/request\` (such as \`nvidia.com/gpu/request\`) and \`custom/NAME\`. A metric that a kubelet does not tell is absent, which is not the same as 0.`,
    markdownTable(
      ['Metric', 'Levels', 'Unit', 'Kind', 'Heapster', 'Meaning'],
      CATALOGUE.map((metric) => [
        `\`${metric.name}\``,
        metric.levels.join(', '),
        metric.unit,
        metric.kind,
        metric.heapster ? 'yes' : 'no',
        meaningOf(metric),
      ])
    )
  );
}

function meaningOf({ description, labels, denominators, origin }: MetricDefinition): string {
  const shares = Object.keys(denominators ?? {});
  return [
    description,
    labels ? `One value per ${labels.map((label) => `\`${label}\``).join(', ')}.` : '',
    shares.length > 0 ? `As a share of ${shares.join(', ')}.` : '',
    origin === 'cadvisor' ? 'Only from kubelets that have `/stats/container`.' : '',
    origin === 'cadvisor_metrics' ? 'Only with `--cadvisor-metrics`.' : '',
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function document(title: string, ...parts: string[]): string {
  return `${[`# ${title}`, PRINTED, ...parts].join('\n\n')}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, print] of Object.entries(DOCUMENTS)) {
    writeFileSync(new URL(name, DOCS_FOLDER), print());
    console.log(`Printed docs/${name}.`);
  }
}
