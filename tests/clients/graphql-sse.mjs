import { createClient } from "graphql-sse";
import { code, fail, headers, query, soon, take, url } from "./steps.mjs";

const client = createClient({ url, headers: async () => headers, retryAttempts: Infinity, retry: soon });
client.subscribe({ query, variables: { code, after: 0 } }, { next: take, error: fail, complete: () => fail("ended") });
