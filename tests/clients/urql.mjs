import { createClient } from "graphql-ws";
import { Client, fetchExchange, subscriptionExchange } from "urql";
import WebSocket from "ws";
import { code, headers, query, soon, take, url } from "./steps.mjs";

const socket = createClient({
  url: url.replace("http", "ws"),
  webSocketImpl: WebSocket,
  connectionParams: async () => headers,
  retryAttempts: Infinity,
  shouldRetry: () => true,
  retryWait: soon,
});
const client = new Client({
  url,
  exchanges: [
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: (request) => ({
        subscribe: (sink) => ({ unsubscribe: socket.subscribe({ ...request, query: request.query ?? "" }, sink) }),
      }),
    }),
  ],
});
client.subscription(query, { code, after: 0 }).subscribe(take);
