// As a browser's EventSource, which comes back by itself with Last-Event-ID: nothing is repeated, so nothing to drop.
import { EventSource } from "eventsource";
import { code, fail, headers, query, take, url } from "./steps.mjs";

const parameters = new URLSearchParams({ query, variables: JSON.stringify({ code, after: 0 }) });
const source = new EventSource(`${url}?${parameters}`, {
  fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...headers } }),
});
let known = 0;
source.addEventListener("next", ({ data }) => {
  const event = JSON.parse(data);
  if (event.data.productSteps.sequence !== ++known) fail(`${data} where ${known} was due`);
  take(event);
});
source.addEventListener("complete", () => fail("ended"));
