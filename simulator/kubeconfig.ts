/** A kubeconfig for the API server at `url`; with the authority where it speaks TLS. */
export function kubeconfigText(url: string, token: string, caPem: string | undefined): string {
  const authority = caPem ? [`      certificate-authority-data: ${Buffer.from(caPem).toString('base64')}`] : [];
  return [
    'apiVersion: v1',
    'kind: Config',
    'clusters:',
    '  - name: simulator',
    '    cluster:',
    `      server: ${url}`,
    ...authority,
    'users:',
    '  - name: simulator-admin',
    '    user:',
    `      token: ${token}`,
    'contexts:',
    '  - name: simulator',
    '    context:',
    '      cluster: simulator',
    '      user: simulator-admin',
    'current-context: simulator',
    '',
  ].join('\n');
}
