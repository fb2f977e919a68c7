{{- define "heapscope.name" -}}
{{- if contains "heapscope" .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-heapscope" (.Release.Name | trunc 30 | trimSuffix "-") }}{{ end }}
{{- end }}

{{/* Names of what stands outside of namespaces, where another release could have the same. */}}
{{- define "heapscope.clusterName" -}}
{{ include "heapscope.name" . }}-{{ .Release.Namespace }}
{{- end }}

{{- define "heapscope.grafanaName" -}}
{{ include "heapscope.name" . }}-grafana
{{- end }}

{{- define "heapscope.selector" -}}
app.kubernetes.io/name: heapscope
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "heapscope.grafanaSelector" -}}
app.kubernetes.io/name: grafana
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/part-of: heapscope
{{- end }}

{{- define "heapscope.labels" -}}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "heapscope.tokenSecret" -}}
{{ .Values.auth.existingSecret | default (printf "%s-token" (include "heapscope.name" .)) }}
{{- end }}

{{- define "heapscope.passwordSecret" -}}
{{ .Values.grafana.existingSecret | default (include "heapscope.grafanaName" .) }}
{{- end }}

{{/* The value of a secret that an earlier release made, else a new one. */}}
{{- define "heapscope.kept" -}}
{{- $there := lookup "v1" "Secret" .root.Release.Namespace .secret -}}
{{- if and $there $there.data (hasKey $there.data .key) }}{{ index $there.data .key }}{{ else }}{{ randAlphaNum .length | b64enc }}{{ end }}
{{- end }}

{{/* The path Grafana itself takes off: that of the Ingress, without a slash at the end. */}}
{{- define "heapscope.grafanaPath" -}}
{{- if eq .Values.grafana.access "ingress" }}{{ .Values.grafana.ingress.path | trimSuffix "/" }}{{ end }}
{{- end }}

{{- define "heapscope.grafanaRootUrl" -}}
{{- $grafana := .Values.grafana -}}
{{- if $grafana.rootUrl }}{{ $grafana.rootUrl }}
{{- else if eq $grafana.access "ingress" }}{{ ternary "https" "http" (ne $grafana.ingress.tlsSecret "") }}://{{ $grafana.ingress.host }}{{ include "heapscope.grafanaPath" . }}/
{{- else if eq $grafana.access "service-proxy" }}http://localhost:8001/api/v1/namespaces/{{ .Release.Namespace }}/services/http:{{ include "heapscope.grafanaName" . }}:http/proxy/
{{- else if eq $grafana.access "node-port" }}http://localhost:{{ $grafana.nodePort }}/
{{- else }}http://localhost:3000/
{{- end }}
{{- end }}
