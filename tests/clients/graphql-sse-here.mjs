// graphql-sse, but for the test's sake coming back sooner than after 1 s and more.
import { createClient as create } from "graphql-sse";
import { soon } from "./steps.mjs";

export const createClient = (options) => create({ retry: soon, ...options });
