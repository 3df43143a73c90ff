import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { code, fail, headers, query, soon, take, url } from "./steps.mjs";

const client = createClient({
  url: url.replace("http", "ws"),
  webSocketImpl: WebSocket,
  connectionParams: async () => headers, // asked again for every connection: give a fresh token
  retryAttempts: Infinity,
  shouldRetry: () => true,
  retryWait: soon,
});
client.subscribe({ query, variables: { code, after: 0 } }, { next: take, error: fail, complete: () => fail("ended") });
