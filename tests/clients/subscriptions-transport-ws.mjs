import { SubscriptionClient } from "subscriptions-transport-ws";
import WebSocket from "ws";
import { code, fail, headers, query, take, url } from "./steps.mjs";

const options = { reconnect: true, connectionParams: () => headers };
const client = new SubscriptionClient(url.replace("http", "ws"), options, WebSocket);
client.request({ query, variables: { code, after: 0 } }).subscribe({ next: take, error: fail });
