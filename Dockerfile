# The service, every role. Built in two steps so that the image holds no compiler and no development package.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build --chown=root:root /app/package.json ./
COPY --from=build --chown=root:root /app/node_modules ./node_modules
COPY --from=build --chown=root:root /app/dist ./dist
COPY --chown=root:root migrations ./migrations
# Webhooks that the database does not commit are kept here: mount a volume, or they go with the container.
ENV SPOOL_DIR=/var/lib/nestjs-kakao-share/spool
RUN mkdir -p "$SPOOL_DIR" && chown -R node:node /var/lib/nestjs-kakao-share && chmod 700 "$SPOOL_DIR"
VOLUME /var/lib/nestjs-kakao-share/spool
USER node
EXPOSE 3000
# Kakao's GET puts everything into the URL: a percent-encoded Korean payload needs more than Node's 16 KiB of headers.
CMD ["node", "--enable-source-maps", "--max-http-header-size=65536", "dist/main.js"]
