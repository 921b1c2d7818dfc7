# syntax=docker/dockerfile:1

# Two stages: everything is built in the first; the second has the one binary and what it needs to run.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# xtask adds the WebAssembly target to the toolchain and says so.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo xtask build \
    && install -D --strip --mode=0755 target/dist/guichet /out/usr/local/bin/guichet \
    && install -D --mode=0644 -t /out/usr/share/doc/guichet LICENSE README.md

FROM debian:bookworm-slim
# Certificates, for JWKS and for other hosts' templates; nothing else is installed.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --home-dir /var/lib/guichet --create-home guichet \
    && chmod 0700 /var/lib/guichet
COPY --from=build /out /
USER 10001:10001
# Of the data folder: the embedded database if no other is named, and compiled templates.
ENV GUICHET_DATA=/var/lib/guichet HOST=0.0.0.0
VOLUME /var/lib/guichet
EXPOSE 3004 9094
HEALTHCHECK --interval=30s --timeout=5s --start-period=90s --retries=3 CMD ["guichet", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["guichet"]
CMD ["serve"]
