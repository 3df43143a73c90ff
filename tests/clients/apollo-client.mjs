import { ApolloClient, InMemoryCache, gql } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { code, fail, headers, query, soon, take, url } from "./steps.mjs";

const socket = createClient({
  url: url.replace("http", "ws"),
  webSocketImpl: WebSocket,
  connectionParams: async () => headers,
  retryAttempts: Infinity,
  shouldRetry: () => true,
  retryWait: soon,
});
const client = new ApolloClient({ link: new GraphQLWsLink(socket), cache: new InMemoryCache() });
client
  .subscribe({ query: gql(query), variables: { code, after: 0 }, fetchPolicy: "no-cache" })
  .subscribe({ next: take, error: fail, complete: () => fail("ended") });
