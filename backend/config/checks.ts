import type { Settings } from './gather.ts';
import type { SettingName } from './settings.ts';
import type { Source } from './source.ts';

type Clash = (one: SettingName, other: SettingName, why: string) => void;
type Names = readonly [SettingName, SettingName];

/** Pairs that cannot both be given, with the reason. */
const NEVER_TOGETHER: ReadonlyArray<readonly [...Names, string]> = [
  ['source', 'simulate', 'only one cluster can be watched'],
  ['source', 'kubeconfig', 'only one cluster can be watched'],
  ['kubeconfig', 'simulate', 'only one cluster can be watched'],
  ['source', 'context', 'a source uses the current context of its kubeconfig'],
  ['kubelet-certificate-authority', 'kubelet-certificate-authority-text', 'kubelets have one authority'],
  ['simulate', 'context', 'a simulated cluster has no kubeconfig'],
];

/** Adds a sentence for every two settings that clash, naming both. */
export function checkClashes(settings: Settings, source: Source | undefined): void {
  const { problems } = settings;
  const clash: Clash = (one, other, why) => {
    problems.push(`${settings.shown(one)} and ${settings.shown(other)} do not go together: ${why}.`);
  };
  for (const [one, other, why] of NEVER_TOGETHER) {
    if (settings.isGiven(one) && settings.isGiven(other)) {
      clash(one, other, why);
    }
  }
  checkServerTls(settings);
  checkKubeletTls(settings, clash);
  if (source !== undefined) {
    checkSource(settings, source, clash);
  }
  checkTimes(settings, clash);
}

function checkKubeletTls({ values, isGiven }: Settings, clash: Clash): void {
  for (const authority of ['kubelet-certificate-authority', 'kubelet-certificate-authority-text'] as const) {
    if (values['kubelet-insecure-tls'] && isGiven(authority)) {
      clash('kubelet-insecure-tls', authority, 'a certificate is either verified or not');
    }
    if (values['kubelet-https'] === false && isGiven(authority)) {
      clash('kubelet-https', authority, 'plain HTTP shows no certificate');
    }
  }
  if (values['kubelet-https'] === false && isGiven('kubelet-client-certificate')) {
    clash('kubelet-https', 'kubelet-client-certificate', 'plain HTTP shows no certificate');
  }
}

function checkTimes(settings: Settings, clash: Clash): void {
  const { values } = settings;
  if (settings.isUnreadable('metric-resolution')) {
    return;
  }
  const timeoutMs = values['kubelet-timeout'];
  if (timeoutMs !== undefined && timeoutMs >= values['metric-resolution']) {
    clash('kubelet-timeout', 'metric-resolution', 'a kubelet must have answered before the next round begins');
  }
  const windowMs = values['head-window'];
  if (windowMs !== undefined && windowMs < 2 * values['metric-resolution']) {
    clash('head-window', 'metric-resolution', 'the window must hold at least two rounds');
  }
}

function checkServerTls(settings: Settings): void {
  const pair: Names = ['tls-cert', 'tls-key'];
  const missing = pair.find((name) => !settings.isGiven(name));
  const present = pair.find((name) => settings.isGiven(name));
  if (missing !== undefined && present !== undefined) {
    settings.problems.push(`${settings.shown(present)} needs --${missing} too; HTTPS takes both.`);
  }
}

function checkSource(settings: Settings, source: Source, clash: Clash): void {
  const port = settings.values['kubelet-port'];
  if (port !== undefined && port !== source.kubeletPort && settings.values.source?.[0]?.includes('kubeletPort=')) {
    clash('source', 'kubelet-port', 'they name different ports of the kubelets');
  }
  const https = settings.values['kubelet-https'];
  if (https !== undefined && https !== source.kubeletHttps && settings.values.source?.[0]?.includes('kubeletHttps=')) {
    clash('source', 'kubelet-https', 'one asks the kubelets by HTTPS, the other does not');
  }
}

/** The time a kubelet has when nobody said: 10 s, or four fifths of a short resolution. */
export function defaultKubeletTimeoutMs(resolutionMs: number): number {
  return Math.min(10_000, 0.8 * resolutionMs);
}

/** The window of the head when nobody said: 15 minutes, or three rounds of a long resolution. */
export function defaultHeadWindowMs(resolutionMs: number): number {
  return Math.max(15 * 60_000, 3 * resolutionMs);
}
