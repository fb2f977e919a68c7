# Two images from one file: `--target backend` (the default) is the backend alone, `--target grafana` a Grafana that has
# the plugin. docker-compose.yml builds both.
ARG GRAFANA_VERSION=12.4.0

FROM node:24-alpine3.22 AS sources
WORKDIR /heapscope
COPY package.json package-lock.json ./
RUN npm ci --no-fund --no-audit
COPY . .

FROM sources AS plugin-build
RUN npm run build:plugin

FROM sources AS backend-build
RUN npm run build:backend && rm build/*.map

FROM grafana/grafana:${GRAFANA_VERSION} AS grafana
COPY --from=plugin-build /heapscope/dist /var/lib/grafana/plugins/heapscope-kubernetes-datasource

# Node without npm: the bundle holds every package it needs.
FROM alpine:3.22 AS backend
RUN apk add --no-cache libstdc++ && adduser -D -H -u 10001 heapscope && install -d -o 10001 -m 700 /data
COPY --from=sources /usr/local/bin/node /usr/local/bin/node
WORKDIR /heapscope
COPY LICENSE package.json ./
COPY bin ./bin
COPY tools/node24.mjs ./tools/
COPY --from=backend-build /heapscope/build ./build
# Heapster's manifests call `/heapster`.
RUN chmod 755 bin/heapscope.mjs && ln -s /heapscope/bin/heapscope.mjs /heapster
# A number, so that Kubernetes can see that it is not root (`runAsNonRoot`).
USER 10001
# The history; mount a volume of your own to keep it. As another user, who may not write there, it starts all the same and keeps
# history in memory; with HEAPSCOPE_DATA_DIR=/data it does not start without.
ENV XDG_DATA_HOME=/data
VOLUME /data
EXPOSE 8082
HEALTHCHECK --interval=30s --timeout=5s --start-period=90s \
  CMD wget -q -O /dev/null "http://127.0.0.1:${HEAPSCOPE_HEAPSTER_PORT:-8082}/livez"
ENTRYPOINT ["node", "bin/heapscope.mjs"]
