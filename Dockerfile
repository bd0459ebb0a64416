# The reference server. `--build-arg FEATURES=postgres,mongo,redis` chooses stores and buses besides SQLite and memory.
FROM rust:1.95-bookworm AS build
ARG FEATURES=postgres,mongo,redis
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --locked --release --package chat-server --features "$FEATURES" \
    && install -D target/release/chat-server target/release/chatctl -t /out

FROM debian:bookworm-slim
# A volume begins with the owner of the folder that it is mounted over: the data's is made here.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /var/lib/chat chat \
    && install --directory --owner chat --group chat /var/lib/chat/data
COPY --from=build /out/ /usr/local/bin/
USER chat
WORKDIR /var/lib/chat
ENV CHAT_LISTEN=0.0.0.0:8080
EXPOSE 8080
VOLUME /var/lib/chat
ENTRYPOINT ["chat-server"]
