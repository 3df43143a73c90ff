// graphql-ws as in a browser, which has WebSocket, but for the test's sake coming back sooner than after 1 s and more.
import { createClient as create } from "graphql-ws";
import WebSocket from "ws";
import { soon } from "./steps.mjs";

export const createClient = (options) => create({ webSocketImpl: WebSocket, retryWait: soon, ...options });
